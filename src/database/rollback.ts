// The pages that a rollback journal puts back into a database, by SQLite's file format, section 3. Pure: bytes in, bytes out.

const MAGIC = Buffer.from('d9d505f920a163d7', 'hex');
const HEADER = 28;
/** The count of a header that was written without a sync: every record up to the end of the file. */
const TO_THE_END = 0xffffffff;

/** As it was before the transaction that the journal belongs to; itself where the journal undoes nothing. */
export function rolledBack(database: Buffer, journal: Buffer | undefined): Buffer {
  const first = journal && headerAt(journal, 0);
  if (journal === undefined || first === undefined || !isPageSize(first.pageSize)) return database;
  const { pageSize, sectorSize } = first;
  const bytes = Buffer.alloc(first.pages * pageSize);
  database.copy(bytes, 0, 0, Math.min(database.length, bytes.length));
  const record = pageSize + 8;
  for (let at = 0; ; at = Math.ceil(at / sectorSize) * sectorSize) {
    const header = headerAt(journal, at);
    if (header === undefined) return bytes;
    at += sectorSize;
    const whole = Math.floor((journal.length - at) / record);
    const count = header.records === TO_THE_END ? whole : Math.min(header.records, whole);
    for (let done = 0; done < count; done += 1, at += record) {
      if (!putBack(bytes, journal.subarray(at, at + record), header)) return bytes;
    }
    if (count < header.records) return bytes;
  }
}

type Header = {
  readonly records: number;
  readonly nonce: number;
  /** How many pages the database had. */
  readonly pages: number;
  readonly sectorSize: number;
  readonly pageSize: number;
};

function headerAt(journal: Buffer, at: number): Header | undefined {
  if (at + HEADER > journal.length || !journal.subarray(at, at + 8).equals(MAGIC)) return undefined;
  const [records = 0, nonce = 0, pages = 0, sectorSize = 0, pageSize = 0] = [8, 12, 16, 20, 24].map((offset) =>
    journal.readUInt32BE(at + offset),
  );
  return sectorSize < HEADER ? undefined : { records, nonce, pages, sectorSize, pageSize };
}

function isPageSize(size: number): boolean {
  return size >= 512 && size <= 65_536 && (size & (size - 1)) === 0;
}

/** False where the record was not written whole: nothing behind it counts. */
function putBack(bytes: Buffer, record: Buffer, { nonce, pages }: Header): boolean {
  const page = record.subarray(4, -4);
  const number = record.readUInt32BE(0);
  if (number === 0 || checksum(page, nonce) !== record.readUInt32BE(record.length - 4)) return false;
  if (number <= pages) page.copy(bytes, (number - 1) * page.length);
  return true;
}

/** Of every 200th byte only. */
function checksum(page: Buffer, nonce: number): number {
  let sum = nonce;
  for (let at = page.length - 200; at > 0; at -= 200) sum = (sum + (page[at] ?? 0)) >>> 0;
  return sum;
}

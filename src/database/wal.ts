// The pages that a write-ahead log adds to a database, by SQLite's file format, section 4. Pure: bytes in, bytes out.

const HEADER = 32;
const FRAME_HEADER = 24;

type Sum = readonly [number, number];

/** The database with every committed frame of the log in its place, and marked as one without a log. */
export function withLog(database: Buffer, log: Buffer | undefined): Buffer {
  const pages = log === undefined ? undefined : committed(log);
  const bytes = pages === undefined ? Buffer.from(database) : applied(database, pages);
  // Bytes 18 and 19 say "needs a log" by 2: memory has none.
  if (bytes.length >= 20 && bytes[18] === 2) bytes.fill(1, 18, 20);
  return bytes;
}

type Committed = { readonly size: number; readonly pageSize: number; readonly pages: ReadonlyMap<number, Buffer> };

/** Undefined where nothing in the log counts: it is empty, of an earlier use, or cut off before the first commit. */
function committed(log: Buffer): Committed | undefined {
  if (log.length < HEADER) return undefined;
  const magic = log.readUInt32BE(0);
  if (magic !== 0x377f0682 && magic !== 0x377f0683) return undefined;
  const little = magic === 0x377f0682;
  const pageSize = log.readUInt32BE(8);
  let sum = checksum(log.subarray(0, 24), [0, 0], little);
  if (!matches(sum, log, 24)) return undefined;
  const pages = new Map<number, Buffer>();
  let open = new Map<number, Buffer>();
  let size = 0;
  for (let at = HEADER; at + FRAME_HEADER + pageSize <= log.length; at += FRAME_HEADER + pageSize) {
    const page = log.subarray(at + FRAME_HEADER, at + FRAME_HEADER + pageSize);
    // The salt of the header marks the frames of this use of the file; others are older.
    if (!log.subarray(at + 8, at + 16).equals(log.subarray(16, 24))) break;
    sum = checksum(page, checksum(log.subarray(at, at + 8), sum, little), little);
    if (!matches(sum, log, at + 16)) break;
    open.set(log.readUInt32BE(at), page);
    const sizeAfter = log.readUInt32BE(at + 4);
    if (sizeAfter === 0) continue;
    for (const [number, bytes] of open) pages.set(number, bytes);
    open = new Map();
    size = sizeAfter;
  }
  return size === 0 ? undefined : { size, pageSize, pages };
}

function applied(database: Buffer, { size, pageSize, pages }: Committed): Buffer {
  const bytes = Buffer.alloc(size * pageSize);
  database.copy(bytes, 0, 0, Math.min(database.length, bytes.length));
  for (const [number, page] of pages) if (number <= size) page.copy(bytes, (number - 1) * pageSize);
  return bytes;
}

function matches([first, second]: Sum, log: Buffer, at: number): boolean {
  return log.readUInt32BE(at) === first && log.readUInt32BE(at + 4) === second;
}

function checksum(bytes: Buffer, [first, second]: Sum, little: boolean): Sum {
  let a = first;
  let b = second;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) + b) >>> 0;
    b = (b + (little ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}

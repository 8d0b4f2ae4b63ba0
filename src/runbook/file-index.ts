// The index: what the YAML files of a project said when a command that writes came to its end, so that whoever only looks need not read
// them again. Knows versions of files and what was read of them, not what that means.
//
// It is believed file by file, as long as a file is what it was; what is not in it is read. So it may be missing, old, damaged or of
// another copy of the project without anybody seeing a difference.

import path from 'node:path';
import type { Redactor } from '../base/secrets.ts';
import { removeNow } from '../system/files.ts';
import { readOwn, writeOwn } from '../system/own-file.ts';
import { confine, joinTo, RUNBOOK_FILE } from '../system/paths.ts';
import { readSimple, seesAtOnce, type Version, versionAt, versionAtName } from '../system/versions.ts';
import { type Content, contentOfDetail, contentOfRunbook, type ReadRunbook, readAs } from './content.ts';
import { type FileCache, SETTLED_MS } from './file-cache.ts';
import { MAX_YAML_BYTES, mayShareValues } from './parse.ts';
import type { SourceFile } from './problem.ts';
import { type DetailFile, NO_DETAIL, resolveSound } from './resolve.ts';
import { resolveOnce } from './resolve-once.ts';
import type { RawRunbook } from './schema.ts';
import type { Runbook } from './task.ts';

export const INDEX_FILE = path.join('.orchestrate', 'index');

/** What a file says; with its text, where its version does not tell it from a later one. */
type Indexed = readonly [name: string, data: unknown, text?: string];

/**
 * `build`: the program that has written it, since another may understand files in another way. `dev`: the device that all files lie on.
 * `versions`: numbers of each file in turn (`isVersion`), in base64, because numbers take longer to read than all else. `sound`: that all
 * files of the project are there and nothing is wrong with them, the folders in which they lie, and what somebody else wants to know of
 * such a project.
 */
type Stored = {
  readonly build: string;
  readonly dev: number;
  readonly files: readonly Indexed[];
  readonly versions: string;
  readonly sound?: { readonly folders: readonly string[]; readonly note: unknown };
};

export type FileIndex = {
  /** The whole runbook, with the note that was written with it; undefined where a file must be read to know that. */
  readonly whole: () => { readonly runbook: Runbook; readonly note: unknown } | undefined;
  /** What would be read of one file now, by its name in the project; undefined where it must be read to know that. */
  readonly known: (name: string) => ReadRunbook | DetailFile | undefined;
};

/** Undefined where there is none that counts. */
export function readIndex(root: string, build: string): FileIndex | undefined {
  const bytes = seesAtOnce(root) ? readOwn(path.join(root, INDEX_FILE)) : undefined;
  const stored = bytes && storedIn(bytes, build);
  if (stored === undefined) return undefined;
  const { dev, files, sound, versions } = stored;
  const positions = new Map(files.map(([name], position) => [name, position]));
  const isUnchanged = ([name, , text]: Indexed, position: number) =>
    text === undefined
      ? isVersion(versionAtName(`${root}/${name}`), { dev, versions, position })
      : readSimple(`${root}/${name}`, AGED)?.text === text;
  const read = ([name, data]: Indexed) => readAs({ source: new LaterSource(root, name), data });
  return {
    known(name) {
      const position = positions.get(name) ?? -1;
      const entry = files[position];
      return entry && isUnchanged(entry, position) ? read(entry) : undefined;
    },
    whole() {
      if (!sound?.folders.every(confine(root)) || !files.every(isUnchanged)) return undefined;
      const details = files.map(read);
      const raw = files[positions.get(RUNBOOK_FILE) ?? -1]?.[1] as RawRunbook;
      const ofTasks = raw.tasks.map(({ task_detail_file: name }) =>
        name === undefined ? NO_DETAIL : (details[positions.get(name) ?? -1] as DetailFile),
      );
      const source = new LaterSource(root, RUNBOOK_FILE);
      return { runbook: resolveSound({ source, raw, details: ofTasks }), note: sound.note };
    },
  };
}

type Believed = Omit<Stored, 'versions'> & { readonly versions: Float64Array };

/**
 * It stands there twice: of one that is damaged, or that somebody is writing, the two differ. One that is not of the form that is written
 * here, such as a person's, is as good as none: a look must not fail because of it.
 */
function storedIn(bytes: Buffer, build: string): Believed | undefined {
  const middle = bytes.length / 2;
  if (!bytes.subarray(0, middle).equals(bytes.subarray(middle))) return undefined;
  try {
    const stored = JSON.parse(bytes.toString('utf8', 0, middle)) as Stored;
    if (stored.build !== build) return undefined;
    const believed = { ...stored, versions: numbersIn(stored.versions) };
    return isWellFormed(believed) ? believed : undefined;
  } catch {
    return undefined;
  }
}

/** What files say is not looked through. False or a throw where something else is not as it should be. */
function isWellFormed({ files, versions, sound }: Believed): boolean {
  const isEntry = ([name, data]: Indexed) =>
    typeof name === 'string' &&
    typeof data === 'object' &&
    data !== null &&
    (name !== RUNBOOK_FILE || Array.isArray((data as RawRunbook).tasks));
  if (!files.every(isEntry) || versions.length !== files.length * NUMBERS) return false;
  if (sound === undefined) return true;
  return files.some(([name]) => name === RUNBOOK_FILE) && sound.folders.every((folder) => typeof folder === 'string');
}

type Place = { readonly dev: number; readonly versions: Float64Array; readonly position: number };

function isVersion(now: Version | undefined, { dev, versions, position }: Place): boolean {
  const at = position * NUMBERS;
  return (
    now !== undefined &&
    now.ctimeMs === versions[at] &&
    now.mtimeMs === versions[at + 1] &&
    now.size === versions[at + 2] &&
    now.ino === versions[at + 3] &&
    now.mode === versions[at + 4] &&
    now.dev === dev
  );
}

function numbersOf({ ctimeMs, mtimeMs, size, ino, mode }: Version): number[] {
  return [ctimeMs, mtimeMs, size, ino, mode];
}

const NUMBERS = 5;

function textOf(numbers: Float64Array<ArrayBuffer>): string {
  return Buffer.from(numbers.buffer).toString('base64');
}

function numbersIn(text: string): Float64Array {
  return new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
}

const AGED = { mostBytes: MAX_YAML_BYTES, leastAgeMs: SETTLED_MS };
/** Where a file system counts whole seconds: ext with small inodes. */
const AGED_IN_SECONDS = { mostBytes: MAX_YAML_BYTES, leastAgeMs: 2000 };
const OF_ANY_AGE = { mostBytes: MAX_YAML_BYTES, leastAgeMs: Number.NEGATIVE_INFINITY };

/** Its text is needed only to find a place in it. */
class LaterSource implements SourceFile {
  private readonly root: string;
  readonly file: string;

  constructor(root: string, file: string) {
    this.root = root;
    this.file = file;
  }

  get text(): string {
    return readSimple(`${this.root}/${this.file}`, OF_ANY_AGE)?.text ?? '';
  }
}

type Writing = {
  readonly files: FileCache;
  readonly build: string;
  readonly redactor: Redactor;
  readonly note: (runbook: Runbook) => unknown;
};

/**
 * To be called under the project's lock, when nothing is to be written any more. Reads only what was written a moment ago. A command that
 * has changed nothing leaves the index that there is as it is, unless what it holds has become a secret.
 */
export function writeIndex(root: string, writing: Writing): void {
  const file = path.join(root, INDEX_FILE);
  const holdsSecret = (json: string) => writing.redactor.found(json).length > 0;
  if (!writing.files.hasWritten() && readIndex(root, writing.build) && !holdsSecret(readOwn(file)?.toString() ?? ''))
    return;
  const stored = seesAtOnce(root) ? storedOf(root, writing) : undefined;
  const json = stored && JSON.stringify(stored);
  if (json === undefined || holdsSecret(json) || !writeOwn(file, twice(json))) removeNow(file);
}

const PART_CHARACTERS = 64 * 1024;

/** In parts: as a whole it would be the most that a run of many tasks ever holds. */
function* twice(text: string): Generator<Buffer, undefined> {
  for (let copy = 0; copy < 2; copy += 1) {
    for (let [at, end] = [0, 0]; at < text.length; at = end) {
      end = at + PART_CHARACTERS;
      // The halves of a character stay together.
      if (/[\ud800-\udbff]/.test(text[end - 1] ?? '')) end += 1;
      yield Buffer.from(text.slice(at, end));
    }
  }
}

function storedOf(root: string, { files, build, note }: Writing): Stored | undefined {
  const seen = (name: string) => files.seen(joinTo(root, name))?.value;
  const content = contentOfRunbook(seen(RUNBOOK_FILE) as ReadRunbook | undefined);
  if (content === undefined) return undefined;
  const { source, data: raw } = content;
  const details = raw.tasks.map(({ task_detail_file: name }) =>
    name === undefined ? NO_DETAIL : (seen(name) as DetailFile | undefined),
  );
  const contents = [content, ...details.filter((one) => one !== NO_DETAIL).map(contentOfDetail)];
  if (contents.reduce((sum, one) => sum + (one?.source.text.length ?? 0), 0) > MOST_CHARACTERS) return undefined;
  const entries = entriesOf(root, contents, files);
  const stored = storedWith(build, entries);
  if (!contents.every((one) => one !== undefined && entries.has(one.source.file))) return stored;
  const { runbook, blocking } = resolveOnce({ source, raw, details: details as DetailFile[] });
  if (blocking.length + runbook.problems.length > 0) return stored;
  return { ...stored, sound: { folders: foldersOf([...entries.keys()]), note: note(runbook) } };
}

/** Of all files together; nobody waits for more to be written. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

function entriesOf(root: string, contents: readonly (Content | undefined)[], files: FileCache): Map<string, Entry> {
  const dev = versionAt(root)?.dev;
  const entries = new Map<string, Entry>();
  for (const content of contents) {
    const entry = content && entryOf(root, content, files);
    if (entry && entry.version.dev === dev) entries.set(entry.indexed[0], entry);
  }
  return entries;
}

function storedWith(build: string, entries: ReadonlyMap<string, Entry>): Stored {
  const all = [...entries.values()];
  const numbers = new Float64Array(all.length * NUMBERS);
  for (const [at, { version }] of all.entries()) numbers.set(numbersOf(version), at * NUMBERS);
  const versions = textOf(numbers);
  return { build, dev: all[0]?.version.dev ?? 0, files: all.map(({ indexed }) => indexed), versions };
}

type Entry = { readonly indexed: Indexed; readonly version: Version };

function entryOf(root: string, { source, data }: Content, files: FileCache): Entry | undefined {
  const name = source.file;
  const file = `${root}/${name}`;
  // One whose name is not in its simplest form is not found.
  const { version, isFresh = false } = files.seen(file) ?? {};
  // JSON would write out what is shared, again and again; and whether a shared status could be changed must be looked at anew.
  if (version === undefined || mayShareValues(source.text) || !isJson(data)) return undefined;
  const isCoarse = version.ctimeMs % 1000 === 0;
  if (!isFresh && !isCoarse) return { indexed: [name, data], version };
  const now = readSimple(file, isCoarse ? AGED_IN_SECONDS : AGED);
  if (now === undefined) return { indexed: [name, data, source.text], version };
  return now.text === source.text ? { indexed: [name, data], version: now.version } : undefined;
}

function foldersOf(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.slice(0, name.lastIndexOf('/') + 1) || '.'))];
}

/** Whether JSON gives back just this. YAML has numbers that it has not. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return true;
  for (const key in value) if (!isJson((value as Record<string, unknown>)[key])) return false;
  return true;
}

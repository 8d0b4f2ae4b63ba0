// The index: what the YAML files of a project said when a command that writes came to its end, so that whoever only looks need not read
// them again. Knows versions of files and what was read of them, not what that means.
//
// It is believed file by file, as long as a file is what it was; what is not in it is read. So it may be missing, old, damaged or of
// another copy of the project without anybody seeing a difference.

import path from 'node:path';
import type { Redactor } from '../base/secrets.ts';
import { removeNow } from '../system/files.ts';
import { readOwn, writeOwn } from '../system/own-file.ts';
import { confine, RUNBOOK_FILE } from '../system/paths.ts';
import { readSimple, seesAtOnce, type Version, versionAt, versionAtName } from '../system/versions.ts';
import {
  type Content,
  contentOfDetail,
  contentOfRunbook,
  mayShareValues,
  type ReadRunbook,
  readAs,
} from './content.ts';
import { type FileCache, SETTLED_MS } from './file-cache.ts';
import { MAX_YAML_BYTES } from './parse.ts';
import type { SourceFile } from './problem.ts';
import { type DetailFile, resolveRunbook, resolveSound } from './resolve.ts';
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
  const bytes = readOwn(path.join(root, INDEX_FILE));
  const stored = bytes && seesAtOnce(root) ? storedIn(bytes) : undefined;
  if (stored?.build !== build) return undefined;
  const { dev, files, sound } = stored;
  const versions = numbersIn(stored.versions);
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
        name === undefined ? NONE : (details[positions.get(name) ?? -1] as DetailFile),
      );
      const source = new LaterSource(root, RUNBOOK_FILE);
      return { runbook: resolveSound({ source, raw, details: ofTasks }), note: sound.note };
    },
  };
}

const NONE: DetailFile = { kind: 'none' };

/** It stands there twice: of a damaged one the two differ. */
function storedIn(bytes: Buffer): Stored | undefined {
  const middle = bytes.length / 2;
  if (!bytes.subarray(0, middle).equals(bytes.subarray(middle))) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8', 0, middle)) as Stored;
  } catch {
    return undefined;
  }
}

type Place = { readonly dev: number; readonly versions: Float64Array; readonly position: number };

function isVersion(now: Version | undefined, { dev, versions, position }: Place): boolean {
  const at = position * NUMBERS;
  return (
    now?.ctimeMs === versions[at] &&
    now?.mtimeMs === versions[at + 1] &&
    now?.size === versions[at + 2] &&
    now?.ino === versions[at + 3] &&
    now?.mode === versions[at + 4] &&
    now?.dev === dev
  );
}

function numbersOf(version: Version | undefined): number[] {
  if (version === undefined) return Array<number>(NUMBERS).fill(Number.NaN);
  return [version.ctimeMs, version.mtimeMs, version.size, version.ino, version.mode];
}

const NUMBERS = 5;

function numbersIn(text: string): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float64Array(bytes.buffer);
}

const AGED = { mostBytes: MAX_YAML_BYTES, leastAgeMs: SETTLED_MS };
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

/** To be called under the project's lock, when nothing is to be written any more. Reads only what was written a moment ago. */
export function writeIndex(root: string, writing: Writing): void {
  const file = path.join(root, INDEX_FILE);
  const stored = seesAtOnce(root) ? storedOf(root, writing) : undefined;
  const json = stored && JSON.stringify(stored);
  if (json === undefined || writing.redactor.found(json).length > 0 || !writeOwn(file, json + json)) removeNow(file);
}

function storedOf(root: string, { files, build, note }: Writing): Stored | undefined {
  const seen = <T>(name: string) => files.seen(path.join(root, name))?.value as T | undefined;
  const read = seen<ReadRunbook>(RUNBOOK_FILE);
  const content = read && contentOfRunbook(read);
  if (content === undefined || mayShareValues(content.source.text)) return undefined;
  const { source, data: raw } = content;
  const dev = versionAt(root)?.dev ?? 0;
  const indexed = new Map<string, Indexed>();
  const versions: number[] = [];
  const add = (one: Content | undefined) => {
    const entry = one && indexedOf(root, one, { files, dev });
    if (one === undefined || entry === undefined) return false;
    if (!indexed.has(one.source.file)) versions.push(...numbersOf(entry.version));
    indexed.set(one.source.file, entry.indexed);
    return true;
  };
  const details = raw.tasks.map(({ task_detail_file: name }) => (name === undefined ? NONE : seen<DetailFile>(name)));
  const added = [add(content), ...details.map((one) => one === NONE || add(one && contentOfDetail(one)))];
  const stored = {
    build,
    dev,
    files: [...indexed.values()],
    versions: Buffer.from(Float64Array.from(versions).buffer).toString('base64'),
  };
  if (!added.every(Boolean)) return stored;
  const { runbook, blocking } = resolveRunbook({ source, raw, details: details as DetailFile[] });
  if (blocking.length + runbook.problems.length > 0) return stored;
  const folders = [...new Set([...indexed.keys()].map((name) => path.dirname(name)))];
  return { ...stored, sound: { folders, note: note(runbook) } };
}

type Around = { readonly files: FileCache; readonly dev: number };
type Entry = { readonly indexed: Indexed; readonly version?: Version };

function indexedOf(root: string, { source, data }: Content, { files, dev }: Around): Entry | undefined {
  const file = path.join(root, source.file);
  const seen = files.seen(file);
  if (file !== `${root}/${source.file}` || seen?.version?.dev !== dev || !isJson(data)) return undefined;
  if (!seen.isFresh) return { indexed: [source.file, data], version: seen.version };
  const now = readSimple(file, AGED);
  if (now === undefined) return { indexed: [source.file, data, source.text] };
  return now.text === source.text ? { indexed: [source.file, data], version: now.version } : undefined;
}

/** Whether JSON gives back just this. YAML has numbers that it has not. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value !== 'object' || value === null || Object.values(value).every(isJson);
}

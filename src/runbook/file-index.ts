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
import { isSameVersion, readSimple, seesAtOnce, type Version, versionAt, versionAtName } from '../system/versions.ts';
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

/** What a file says, with its version, or its text where that does not tell it from a later one. */
type Indexed = { readonly data: unknown } & ({ readonly version: KeptVersion } | { readonly text: string });

type KeptVersion = readonly [ino: number, mode: number, size: number, mtimeMs: number, ctimeMs: number];

/**
 * `build`: the program that has written it, since another may understand files in another way. `dev`: the device that all lie on. `sound`: that all files of the project are
 * there and nothing is wrong with them, the folders in which they lie, and what somebody else wants to know of such a project.
 */
type Stored = {
  readonly build: string;
  readonly dev: number;
  readonly files: Readonly<Record<string, Indexed>>;
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
  const isAsIndexed = (name: string) => {
    const entry = Object.hasOwn(files, name) ? files[name] : undefined;
    return entry !== undefined && isUnchanged(`${root}/${name}`, entry, dev);
  };
  const read = (name: string) => readAs({ source: new LaterSource(root, name), data: files[name]?.data });
  return {
    known: (name) => (isAsIndexed(name) ? read(name) : undefined),
    whole() {
      if (sound === undefined || !sound.folders.every(confine(root)) || !Object.keys(files).every(isAsIndexed))
        return undefined;
      const raw = files[RUNBOOK_FILE]?.data as RawRunbook;
      const details = raw.tasks.map(({ task_detail_file: name }) => (name === undefined ? NONE : read(name)));
      const source = new LaterSource(root, RUNBOOK_FILE);
      return { runbook: resolveSound({ source, raw, details: details as DetailFile[] }), note: sound.note };
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

function isUnchanged(file: string, entry: Indexed, dev: number): boolean {
  if ('text' in entry) return readSimple(file, AGED)?.text === entry.text;
  const [ino, mode, size, mtimeMs, ctimeMs] = entry.version;
  const now = versionAtName(file);
  return now !== undefined && isSameVersion(now, { dev, ino, mode, size, mtimeMs, ctimeMs });
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
  const indexed: Record<string, Indexed> = Object.create(null);
  const add = (one: Content | undefined) => {
    const entry = one && indexedOf(root, one, { files, dev });
    if (one && entry) indexed[one.source.file] = entry;
    return entry !== undefined;
  };
  const details = raw.tasks.map(({ task_detail_file: name }) => (name === undefined ? NONE : seen<DetailFile>(name)));
  const added = [add(content), ...details.map((one) => one === NONE || add(one && contentOfDetail(one)))];
  if (!added.every(Boolean)) return { build, dev, files: indexed };
  const { runbook, blocking } = resolveRunbook({ source, raw, details: details as DetailFile[] });
  if (blocking.length + runbook.problems.length > 0) return { build, dev, files: indexed };
  const folders = [...new Set(Object.keys(indexed).map((name) => path.dirname(name)))];
  return { build, dev, files: indexed, sound: { folders, note: note(runbook) } };
}

type Around = { readonly files: FileCache; readonly dev: number };

function indexedOf(root: string, { source, data }: Content, { files, dev }: Around): Indexed | undefined {
  const file = path.join(root, source.file);
  const seen = files.seen(file);
  if (file !== `${root}/${source.file}` || seen?.version?.dev !== dev || !isJson(data)) return undefined;
  if (!seen.isFresh) return { data, version: kept(seen.version) };
  const now = readSimple(file, AGED);
  if (now === undefined) return { data, text: source.text };
  return now.text === source.text ? { data, version: kept(now.version) } : undefined;
}

function kept({ ino, mode, size, mtimeMs, ctimeMs }: Version): KeptVersion {
  return [ino, mode, size, mtimeMs, ctimeMs];
}

/** Whether JSON gives back just this. YAML has numbers that it has not. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value !== 'object' || value === null || Object.values(value).every(isJson);
}

// What comes of reading runbook.yaml or a detail file, and what it says where nothing was wrong with it. Reads nothing.

import { ok, type Result } from '../base/result.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';
import type { Problem, SourceFile } from './problem.ts';
import type { DetailFile } from './resolve.ts';
import type { RawDetail, RawRunbook } from './schema.ts';
import type { Unreadable } from './sources.ts';

export type ReadRunbook = {
  readonly source: Result<SourceFile, Unreadable>;
  /** Undefined where it could not be read. */
  readonly raw: Result<RawRunbook, Problem[]> | undefined;
};

export type Content<T = unknown> = { readonly source: SourceFile; readonly data: T };

export function contentOfRunbook(read: ReadRunbook | undefined): Content<RawRunbook> | undefined {
  return read?.source.ok && read.raw?.ok ? { source: read.source.value, data: read.raw.value } : undefined;
}

/** Undefined also of an empty file. */
export function contentOfDetail(read: DetailFile | undefined): Content<RawDetail> | undefined {
  return read?.kind === 'read' && read.raw !== undefined ? { source: read.source, data: read.raw } : undefined;
}

export function contentOf(read: ReadRunbook | DetailFile | undefined): Content | undefined {
  return read && 'kind' in read ? contentOfDetail(read) : contentOfRunbook(read);
}

/** What reading the file would give that says this. */
export function readAs({ source, data }: Content): ReadRunbook | DetailFile {
  return source.file === RUNBOOK_FILE
    ? { source: ok(source), raw: ok(data as RawRunbook) }
    : { kind: 'read', file: source.file, source, raw: data as RawDetail };
}

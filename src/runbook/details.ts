// Reads the detail file of one task. Knows nothing of the entry in the runbook.

import path from 'node:path';
import { errnoText } from '../base/errno.ts';
import { pause } from '../system/clock.ts';
import { fileInfo } from '../system/files.ts';
import { joinTo } from '../system/paths.ts';
import { isQuiet, QUIET_MS } from '../system/replace.ts';
import { readSimple } from '../system/versions.ts';
import { type FileCache, SETTLED_MS } from './file-cache.ts';
import { MAX_YAML_BYTES, parseDetail, parseSimpleDetail, readYaml } from './parse.ts';
import type { SourceFile } from './problem.ts';
import type { DetailFile } from './resolve.ts';
import { readSource } from './sources.ts';
import { TASK_TYPES } from './words.ts';

/**
 * At once, where nothing is out of the ordinary: with thousands of files, a `status` does little else. Undefined where `readDetail` has
 * to look closer.
 */
export function readSimpleDetail(
  absolute: string,
  file: string,
  { isInside, files }: { readonly isInside: (folder: string) => boolean; readonly files: FileCache },
): DetailFile | undefined {
  const read = readSimple(absolute, { mostBytes: MAX_YAML_BYTES, leastAgeMs: SETTLED_MS });
  if (read === undefined || !isInside(path.dirname(file))) return undefined;
  const source = { file, text: read.text };
  const raw = parseSimpleDetail(read.text);
  if (raw === undefined) return undefined;
  const detail: DetailFile = { kind: 'read', file, source, raw };
  files.keep(absolute, read.version, detail);
  return detail;
}

export async function readDetail(
  root: string,
  file: string,
  inside: (relative: string) => string | undefined,
): Promise<DetailFile> {
  if (inside(file) === undefined)
    return { kind: 'absent', file, reason: 'lies outside the project', advice: 'give a path inside the project' };
  const source = await readSource(root, file);
  if (!source.ok) {
    const odd = notAFile(path.join(root, file));
    if (odd) return { kind: 'absent', file, reason: odd, advice: 'name a YAML file' };
    if (source.error.code === 'problems')
      return { kind: 'broken', file, source: source.error.source, problems: source.error.problems };
    return { kind: 'absent', file, reason: errnoText(source.error.errno), advice: 'create it, or correct the path' };
  }
  const raw = await parseDetail(source.value);
  if (!raw.ok)
    return { kind: 'broken', file, source: source.value, problems: raw.error, named: await namesIn(source.value) };
  return { kind: 'read', file, source: source.value, raw: raw.value };
}

/** After so many, whoever still writes is waited for at each file. */
const MOST_ROUNDS = 4;

/**
 * Reads files by their names in the project: those that somebody is writing at this moment last, when they have waited together. Behind a run
 * that writes one after the other, whoever waits for each in its turn would stay until it has ended.
 */
export async function readSettled(
  names: readonly string[],
  { root, read }: { readonly root: string; readonly read: (name: string) => Promise<DetailFile> },
): Promise<ReadonlyMap<string, DetailFile>> {
  const done = new Map<string, DetailFile>();
  let left = names;
  for (let round = 1; left.length > 0; round += 1) {
    if (round > 1) await pause(QUIET_MS);
    const later: string[] = [];
    for (const name of left) {
      if (round < MOST_ROUNDS && !isQuiet(joinTo(root, name))) later.push(name);
      else done.set(name, await read(name));
    }
    left = later;
  }
  return done;
}

/** What a path leads to where that is no file; asked only when reading did not go well. */
function notAFile(absolute: string): string | undefined {
  const info = fileInfo(absolute);
  if (info === undefined || info.isFile) return undefined;
  return info.isDirectory ? 'is a folder' : 'is not a regular file';
}

/** The id and the type of a detail file that has errors elsewhere. */
async function namesIn(source: SourceFile): Promise<{ id?: string; type?: string }> {
  const data = await readYaml(source);
  if (!data.ok || data.value === null || typeof data.value !== 'object') return {};
  const { id, type } = data.value as { id?: unknown; type?: unknown };
  const known = (TASK_TYPES as readonly unknown[]).includes(type);
  return { ...(typeof id === 'string' ? { id } : {}), ...(known ? { type: String(type) } : {}) };
}

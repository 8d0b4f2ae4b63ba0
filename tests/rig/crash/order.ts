// What a power cut would need: looks in the trace of a run whether what was written was synced before others rest on it. Knows no content.
import path from 'node:path';
import type { Operation } from './shim.ts';

/** A temporary file that gets another name is still none that counts. */
function takesPlace({ kind, file }: Operation): boolean {
  return kind === 'exchange' || (kind === 'rename' && !file.endsWith('.tmp'));
}

/** Every file that took a place before it was durable, or whose folder was not synced after that, as a sentence. */
export function unsynced(operations: readonly Operation[]): string[] {
  return operations.flatMap((operation, index) =>
    takesPlace(operation)
      ? [
          ...contentProblem(operations.slice(0, index), operation),
          ...folderProblem(operations.slice(index + 1), operation),
        ]
      : [],
  );
}

/** The temporary file is the last one beside it that was written under its name. */
function contentProblem(earlier: readonly Operation[], { number, file }: Operation): string[] {
  const isOurs = (other: Operation) =>
    path.dirname(other.file) === path.dirname(file) && path.basename(other.file).startsWith(`.${path.basename(file)}.`);
  const wrote = earlier.findLastIndex((other) => other.kind === 'write' && isOurs(other));
  const name = earlier[wrote]?.file;
  if (name === undefined) return [`${number}: nothing was written that could take the place of ${file}`];
  const isSynced = earlier.slice(wrote).some((other) => other.kind === 'fsync' && other.file === name);
  return isSynced ? [] : [`${number}: ${name} took the place of ${file} before it was synced`];
}

function folderProblem(later: readonly Operation[], { number, file }: Operation): string[] {
  // Files of one folder may be replaced together: one sync holds for all of them, before anything outside rests on it.
  const next = later.findIndex(
    (other) => takesPlace(other) && (other.file === file || path.dirname(other.file) !== path.dirname(file)),
  );
  const until = next < 0 ? later : later.slice(0, next);
  const folder = path.dirname(file) === '/' ? '' : path.dirname(file);
  const isSynced = until.some((other) => other.kind === 'fsync' && other.file.replace(/\/$/, '') === folder);
  return isSynced ? [] : [`${number}: the folder of ${file} was not synced after it was replaced`];
}

const LOG = '/.orchestrate/state.db-wal';

/** Every file that was replaced while what was last written into the log of the journal was not synced, as a sentence. */
export function unsyncedCommits(operations: readonly Operation[]): string[] {
  return operations.flatMap(({ kind, number, file }, index) => {
    if (kind !== 'exchange') return [];
    const earlier = operations.slice(0, index);
    const wrote = earlier.findLastIndex((other) => other.kind === 'write' && other.file === LOG);
    const isSynced = earlier.slice(Math.max(wrote, 0)).some((other) => other.kind === 'fsync' && other.file === LOG);
    return isSynced ? [] : [`${number}: ${file} was replaced before the journal was durable`];
  });
}

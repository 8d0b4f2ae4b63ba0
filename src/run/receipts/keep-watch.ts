// Writes what `status` looks at (watch.ts) anew, from the receipts in the database. Judges nothing.

import path from 'node:path';
import { type Kept, readReceipts } from '../../journal/journal.ts';
import type { Runbook } from '../../runbook/task.ts';
import { writeText } from '../../system/files.ts';
import type { Fingerprint } from './fingerprint.ts';
import { type Receipt, receiptIn } from './receipt.ts';
import {
  joined,
  joinedHeld,
  NO_SIZE,
  type Note,
  noteOn,
  readWatch,
  type Stored,
  stateOf,
  WATCH_FILE,
  type Watched,
} from './watch.ts';

/** To be called with the database closed, under the project's lock. What cannot be written is read from the database instead. */
export function writeWatch(root: string): void {
  const state = stateOf(root);
  if (state === undefined || readWatch(root) !== undefined) return;
  const kept = readReceipts(root);
  if (kept.memory.size === 0 || stateOf(root) !== state) return;
  const tasks = [...kept.receipts].flatMap(([id, row]): [string, Watched][] => {
    const receipt = receiptIn(row);
    return receipt === undefined ? [] : [[id, watchedOf(receipt)]];
  });
  const stored: Stored = { state, tasks, byHand: byHandOf(kept) };
  writeText(path.join(root, WATCH_FILE), JSON.stringify(stored));
}

/** See `Note`. */
export function noteOf(root: string, runbook: Runbook): Note | undefined {
  const watch = readWatch(root);
  return watch && noteOn(watch, runbook);
}

function byHandOf({ receipts, memory }: Kept): string[] {
  const edited = [...receipts].filter(([, { event }]) => event === 'STATUS_EDITED').map(([id]) => id);
  const others = [...memory].filter(([, { status }]) => status !== 'DONE').map(([id]) => id);
  return [...new Set([...edited, ...others])];
}

function watchedOf(receipt: Receipt): Watched {
  const { definition, values, inputs, files, held, artifact } = receipt;
  const all = new Map(
    [...inputs.map(({ left, was }) => left ?? was), ...files, ...(artifact ? [artifact] : [])].map((one) => [
      one.file,
      one,
    ]),
  );
  return [
    joined(definition),
    Object.keys(values),
    joined(values),
    joinedHeld(held),
    [...all.values()].map(watchedFile),
  ];
}

function watchedFile(was: Fingerprint): Watched[4][number] {
  return was.is === undefined ? [was.file, was.size, was.mtime_ms] : [was.file, NO_SIZE[was.is], 0];
}

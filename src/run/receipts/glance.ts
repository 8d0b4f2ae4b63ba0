// Which DONE tasks can still be trusted, at a glance: by size and time of files, none of which is read.
//
// `status` is run in shell prompts. So what is to be looked at stands in a file of its own (watch.ts), and only where something looks
// different the receipts themselves are read from the database.

import path from 'node:path';
import { STATE_DB } from '../../journal/file.ts';
import type { Runbook, Task } from '../../runbook/task.ts';
import { exists } from '../../system/files.ts';
import { stampsOf } from './fingerprint.ts';
import { BY_HAND, type Trust, type Trusts } from './stale.ts';
import { hasSameFiles, isSameDefinition, type Note, readWatch, type Watch, type Watched } from './watch.ts';

/** Of every task that is DONE. `note`: what the index has of this very runbook. */
export async function glance(root: string, runbook: Runbook, note?: Note): Promise<Trusts> {
  const done = runbook.tasks.filter(({ status }) => status === 'DONE');
  // A fresh clone: to find that out, no database need be loaded.
  if (!exists(path.join(root, STATE_DB))) return new Map(done.map(({ id }) => [id, { kind: 'unverified' }]));
  const watch = done.length === 0 ? undefined : readWatch(root);
  if (watch === undefined) return lookWhole(root, runbook, done);
  const look = stampsOf(root);
  const changed = note?.state === watch.state ? new Set(note.changed) : undefined;
  const isSame = (watched: Watched, task: Task) =>
    changed ? !changed.has(task.id) : isSameDefinition(watched, task, runbook);
  const known = new Map(done.map((task) => [task.id, atOnce(task, { watch, isSame, look })]));
  const rest = await lookWhole(
    root,
    runbook,
    done.filter(({ id }) => known.get(id) === undefined),
  );
  return new Map(
    done.map(({ id }): [typeof id, Trust] => [id, known.get(id) ?? rest.get(id) ?? { kind: 'unverified' }]),
  );
}

type Around = {
  readonly watch: Watch;
  readonly isSame: (watched: Watched, task: Task) => boolean;
  readonly look: ReturnType<typeof stampsOf>;
};

/** Undefined where the receipt must be read to say it. */
function atOnce(task: Task, { watch, isSame, look }: Around): Trust | undefined {
  if (watch.byHand.has(task.id)) return { kind: 'stale', row: undefined, reasons: [BY_HAND] };
  const watched = watch.tasks.get(task.id);
  if (watched === undefined) return { kind: 'unverified' };
  return isSame(watched, task) && hasSameFiles(watched, look) ? { kind: 'holds' } : undefined;
}

/** The database is opened for it: not before something must be known that stands nowhere else. */
async function lookWhole(root: string, runbook: Runbook, tasks: readonly Task[]): Promise<Trusts> {
  if (tasks.length === 0) return new Map();
  const { lookFully } = await import('./look.ts');
  return lookFully(root, runbook, tasks);
}

// One run of model calls that several commands may go on with, one after the other: found by what it is about, locked while one is at it.

import path from 'node:path';
import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { sha256 } from '../../base/hash.ts';
import { ok, type Result } from '../../base/result.ts';
import type { CallFlags } from '../../calls/types.ts';
import type { BatchRows } from '../../history/batches.ts';
import { type Home, type OpenHome, openModels } from '../../home.ts';
import { fail } from '../outcome.ts';

export type RunWanted = {
  readonly home: Home;
  readonly flags: CallFlags;
  /** What it is about: the same again goes on with the same run. Begins the ids of its runs. */
  readonly key: string;
  readonly grouped: boolean;
  /** Whether to begin anew instead of going on with that run. */
  readonly fresh: (rows: BatchRows, runId: string) => boolean;
};

export type KeptRun = {
  readonly opened: OpenHome;
  readonly rows: BatchRows;
  readonly runId: string;
  /** Something of it was recorded before. */
  readonly known: boolean;
};

export function keyOf(kind: 'batch' | 'chain', about: readonly string[]): string {
  return `${kind}-${sha256(JSON.stringify(about)).slice(0, 16)}`;
}

/** Two processes would ask the same things: the second ends with exit code 4. */
export async function withKeptRun(
  app: App,
  wanted: RunWanted,
  use: (run: KeptRun) => Promise<number>,
): Promise<number> {
  const { home, key } = wanted;
  const { lockFile } = await import('../../database/file-lock.ts');
  const lock = lockFile(path.join(home.dataRoot, '.orchestrate', 'locks', `${key}.lock`));
  if (!lock.ok) return fail(app.io, lock.error);
  if (lock.value === undefined) return fail(app.io, locked(key));
  try {
    const run = await runOf(wanted);
    if (!run.ok) return fail(app.io, run.error);
    return await withModels(app, { ...wanted, ...run.value }, use);
  } finally {
    lock.value.release({ remove: true });
  }
}

function locked(key: string): Failure {
  return {
    code: 'locked',
    message: `another orchestrate is at work on this ${key.split('-')[0]}`,
    advice: 'wait for its end: what it has recorded is then taken from the history',
  };
}

type Known = Pick<KeptRun, 'runId' | 'known'>;

async function runOf({ home, key, fresh }: RunWanted): Promise<Result<Known, Failure>> {
  const { openCalls } = await import('../../history/calls.ts');
  const store = openCalls(home.dataRoot, home.redactor);
  if (!store.ok) return store;
  const rows = store.value.batches;
  const newest = rows.newest(key);
  const anew = newest !== undefined && fresh(rows, newest.runId);
  store.value.close();
  if (newest === undefined) return ok({ runId: key, known: false });
  return ok(anew ? { runId: `${key}-${newest.generation + 1}`, known: false } : { runId: newest.runId, known: true });
}

async function withModels(
  app: App,
  { home, flags, grouped, runId, known }: RunWanted & Known,
  use: (run: KeptRun) => Promise<number>,
): Promise<number> {
  const opened = await openModels(app, home, { flags, runId, grouped });
  try {
    const store = await opened.calls();
    if (!store.ok) return fail(app.io, store.error);
    return await use({ opened, rows: store.value.batches, runId, known });
  } finally {
    opened.close();
  }
}

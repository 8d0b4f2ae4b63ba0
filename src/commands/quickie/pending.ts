// `orchestrate quickie run-pending`: makes the calls that were kept for later.

import path from 'node:path';
import type { App } from '../../app.ts';
import { exitCode, type Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { CallFlags } from '../../calls/types.ts';
import { HISTORY_DB } from '../../history/calls.ts';
import { type Home, openHome } from '../../home.ts';
import { type PendingEnd, type QuickieParts, runPending as runThem } from '../../quickies/service.ts';
import { exists } from '../../system/files.ts';
import { isTerminal } from '../../system/stdin.ts';
import { writeJson } from '../../terminal/io.ts';
import { jsonFailure } from '../../terminal/json.ts';
import { drawFailure } from '../../terminal/wording.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { openQuickies, unknownQuickie } from './open.ts';
import { createReport, forStdout } from './report.ts';

export async function runPending(
  app: App,
  options: CallOptions & { readonly id: string | undefined },
): Promise<number> {
  const flags = callFlags(app, options);
  if (!flags.ok) return fail(app.io, flags.error);
  const home = await openHome(app);
  if (!home.ok) return fail(app.io, home.error);
  return perform(app, home.value, { flags: flags.value, id: options.id });
}

async function perform(
  app: App,
  home: Home,
  { flags, id }: { flags: CallFlags; id: string | undefined },
): Promise<number> {
  const { io } = app;
  const report = createReport(io, { live: false });
  const { parts, close } = await openQuickies(app, home, { flags, report: report.report });
  try {
    const ids = await waitingIds(parts, home, id);
    if (!ids.ok) return fail(io, ids.error);
    const ends: PendingEnd[] = [];
    let taken = 0;
    const onEnd = (end: PendingEnd): void => {
      // Whoever wants all of them asked does not mind who asks.
      if (id === undefined && !end.ended.ok && end.ended.error.code === 'locked') return void (taken += 1);
      ends.push(end);
      if (!io.json) tell(app, end, ids.value.length > 1);
    };
    const done = await runThem(parts, ids.value, { signal: app.signal, onEnd });
    if (!done.ok) return fail(io, done.error);
    if (io.json) writeJson(io, { calls: ends.map(jsonEnd) });
    else if (!io.quiet && ids.value.length === 0) io.err('No quickie waits.\n');
    else if (!io.quiet && taken > 0) io.err(io.errStyle.dim(`${taken} of them: another orchestrate asks.\n`));
    return worst(ends);
  } finally {
    close();
  }
}

/** All that wait, or the one whose id begins so. */
async function waitingIds(
  parts: QuickieParts,
  home: Home,
  prefix: string | undefined,
): Promise<Result<readonly string[], Failure>> {
  const waiting = await allWaiting(parts, home);
  if (!waiting.ok || prefix === undefined) return waiting;
  const found = waiting.value.filter((id) => id.startsWith(prefix.toLowerCase()));
  if (found.length === 1) return ok(found);
  if (found.length > 1) {
    const message = `"${prefix}" begins the ids of several calls: ${found.join(', ')}`;
    return err({ code: 'usage', message, advice: 'write more of the id' });
  }
  return err({ ...unknownQuickie(prefix), message: `no quickie waits whose id begins with "${prefix}"` } as Failure);
}

async function allWaiting(parts: QuickieParts, { dataRoot }: Home): Promise<Result<readonly string[], Failure>> {
  // Looking does not make a history.
  if (!exists(path.join(dataRoot, HISTORY_DB))) return ok([]);
  const store = await parts.calls();
  return store.ok ? store.value.later.waiting() : store;
}

/** Of several, each answer stands under its id. */
function tell({ io }: App, { id, ended }: PendingEnd, several: boolean): void {
  if (!ended.ok) {
    io.err(drawFailure(ended.error, io.errStyle, io.verbose));
    return;
  }
  const { content } = ended.value.output;
  if (several && !io.quiet) io.err(`${io.errStyle.dim(id)}\n`);
  io.out(forStdout(content.endsWith('\n') ? content : `${content}\n`, isTerminal(1)));
}

function jsonEnd({ id, ended }: PendingEnd): Record<string, unknown> {
  if (!ended.ok) return { id, ...jsonFailure(ended.error) };
  const { answer, output } = ended.value;
  return { id, status: 'complete', output: output.data ?? answer.text, text: answer.text, cost_usd: answer.costUsd };
}

/** What failed comes before what waits (design.md §4). */
function worst(ends: readonly PendingEnd[]): number {
  const codes = ends.map(({ ended }) => (ended.ok ? 0 : exitCode(ended.error)));
  return [2, 4, 1, 3].find((code) => codes.includes(code)) ?? 0;
}

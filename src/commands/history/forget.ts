// What `orchestrate history delete` and `prune` have in common: calls are forgotten step by step, and what is left of them is said.

import type { App } from '../../app.ts';
import { exitCode, type Failure } from '../../base/failure.ts';
import { ok, type Result } from '../../base/result.ts';
import { count, oneLine } from '../../base/text.ts';
import type { Forgetting, Forgotten, Scrubbed } from '../../history/forget.ts';
import type { Watch } from '../../history/writer.ts';
import { writeJson } from '../../terminal/io.ts';
import { drawFailure, wordFailure } from '../../terminal/wording.ts';
import { fail } from '../outcome.ts';
import { withWriter } from './writing.ts';

const NOTHING: Forgetting = { gone: [], rest: 0 };

export async function forgetAll(
  app: App,
  ids: readonly string[],
  { dryRun = false }: { readonly dryRun?: boolean },
): Promise<number> {
  if (dryRun) return tellDryRun(app, ids);
  const forgotten = await withWriter(app, async (writer, { root }): Promise<Result<Forgetting, Failure>> => {
    if (writer === undefined) return ok(NOTHING);
    const watch: Watch = { signal: app.signal, onProgress: progressOf(app, ids.length) };
    const done = await writer.forget(ids, watch);
    await forgetInJournal(app, root, done.gone);
    if (done.failure === undefined && !writer.isClean()) tellScrubbed(app, await writer.scrub(watch));
    return ok(done);
  });
  if (!forgotten.ok) return fail(app.io, forgotten.error);
  return tellEnd(app, forgotten.value, ids.length);
}

function tellDryRun(app: App, ids: readonly string[]): number {
  if (app.io.json) writeJson(app.io, { deleted: ids, dry_run: true, interrupted: false });
  else app.io.out(`${count(ids.length, 'call')} would be deleted; the costs would stay.\n`);
  return 0;
}

const TELL_EVERY_MS = 5000;

function progressOf(app: App, all: number): Watch['onProgress'] {
  let told = performance.now();
  return (done) => {
    if (app.io.quiet || app.io.json || performance.now() - told < TELL_EVERY_MS) return;
    told = performance.now();
    app.io.err(`${done} of ${all} …\n`);
  };
}

/** The journal keeps the beginning of an answer, for `undo`. */
async function forgetInJournal(app: App, root: string, gone: readonly Forgotten[]): Promise<void> {
  const { forgetSnippets } = await import('../../journal/snippets.ts');
  const calls = gone.flatMap(({ id, taskId, runId }) => (taskId === null ? [] : [{ id, taskId, runId }]));
  const done = forgetSnippets(root, calls);
  if (!done.ok) warn(app, `the beginnings of answers stay in the journal: ${wordFailure(done.error).message}`);
}

function tellScrubbed(app: App, scrubbed: Result<Scrubbed, Failure>): void {
  const why = whyUnscrubbed(scrubbed);
  if (why !== undefined) warn(app, why);
}

/** Undefined where nothing is left of the texts. */
function whyUnscrubbed(scrubbed: Result<Scrubbed, Failure>): string | undefined {
  if (scrubbed.ok && scrubbed.value === 'done') return undefined;
  const why = !scrubbed.ok
    ? wordFailure(scrubbed.error).message
    : scrubbed.value === 'shared'
      ? 'another orchestrate has it open'
      : 'interrupted';
  return `the texts can be found by no command, but bytes of them may be left in the file until the next "history delete" or "prune" rewrites it (${why})`;
}

function warn({ io }: App, text: string): void {
  io.err(`${io.errStyle.warn('warning')}: ${text}\n`);
}

function tellEnd(app: App, { gone, rest, failure }: Forgetting, all: number): number {
  if (failure !== undefined && gone.length === 0) return fail(app.io, failure);
  const stopped = rest > 0 || failure !== undefined;
  if (app.io.json) writeJson(app.io, { deleted: gone.map(({ id }) => id), dry_run: false, interrupted: stopped });
  else {
    const done = stopped ? `${gone.length} of ${count(all, 'call')}` : count(gone.length, 'call');
    app.io.out(`${done} deleted: prompts, answers and inputs are gone, the costs stay.\n`);
    tellKept(app, gone);
  }
  if (failure !== undefined) {
    app.io.err(drawFailure(failure, app.io.errStyle, app.io.verbose));
    return exitCode(failure);
  }
  if (!stopped) return 0;
  app.io.err('Interrupted: the same command goes on with the others.\n');
  return 130;
}

const MOST_NAMED = 3;

/** What a person may want to change as well, and what we do not change for them. */
function tellKept(app: App, gone: readonly Forgotten[]): void {
  const tasks = [...new Set(gone.flatMap(({ taskId }) => (taskId === null ? [] : [oneLine(taskId)])))];
  if (tasks.length === 0) return;
  const whose = tasks.length > MOST_NAMED ? count(tasks.length, 'task') : tasks.join(', ');
  app.io.out(`Your own files keep their beginnings: logs/run_log.jsonl,\nand last_run in the YAML of ${whose}.\n`);
}

// `run --fresh`: where its states come from, and where they go. The run itself is like any other.

import path from 'node:path';
import { type App, openSession } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Redactor } from '../../base/secrets.ts';
import { oneLine } from '../../base/text.ts';
import { owing } from '../../run/overlay.ts';
import { parseStates, type States, stateDocument, statesOf } from '../../run/state-file.ts';
import { loadRunbook } from '../../runbook/store.ts';
import type { Runbook } from '../../runbook/task.ts';
import { timestamp } from '../../system/clock.ts';
import { exists, readText } from '../../system/files.ts';
import { displayPath } from '../../system/paths.ts';
import { replaceFile } from '../../system/replace.ts';
import { wordFailure } from '../../terminal/wording.ts';
import { wrap } from '../../terminal/wrap.ts';
import { writableTarget } from '../target.ts';

export type FreshOptions = {
  readonly fresh?: boolean /** A file of states to go on from, and to leave. */;
  readonly state?: string;
};

/** The states to begin with: of the file where there is one, else none. Undefined for a run on the project's own states. */
export async function freshStates(
  app: App,
  { root, runbook }: { readonly root: string; readonly runbook: Runbook },
  { fresh, state, dryRun = false }: FreshOptions & { readonly dryRun?: boolean },
): Promise<Result<States | undefined, Failure>> {
  if (!fresh && state !== undefined)
    return usage('--state goes with --fresh', 'add --fresh, or take the states over: orchestrate state import FILE');
  if (!fresh) return ok(undefined);
  if (state === undefined) return ok(new Map());
  const file = writableTarget(root, { by: '--state', file: state, what: STATES }, runbook);
  if (!file.ok) return file;
  const cutOff = dryRun ? ok(undefined) : await statesOfKilled(app, root, file.value);
  if (!cutOff.ok) return cutOff;
  const states = cutOff.value ? ok(cutOff.value) : exists(file.value) ? await readStates(state) : ok(new Map());
  return states.ok ? ok(withFailedAgain(states.value)) : states;
}

/**
 * The file is written at the end. Where the run on it was killed before that, its copy is put in order as the project would be, and what
 * it had come to counts: a model's answer that was paid for is not asked for again.
 */
async function statesOfKilled(app: App, root: string, file: string): Promise<Result<States | undefined, Failure>> {
  for (const folder of await owing(root, file)) {
    const opened = await openSession(app, { states: folder, unattended: true });
    if (!opened.ok) {
      // One that is still at work is left alone; one that nobody can read must not keep the others from running.
      if (opened.error.code !== 'locked') tellLeft(app, folder, opened.error);
      continue;
    }
    opened.value.session.report({
      kind: 'note',
      message: `the last run on ${file} was killed: this one goes on from there`,
    });
    opened.value.close();
    const runbook = await loadRunbook(folder);
    return runbook.ok ? ok(statesOf(runbook.value)) : runbook;
  }
  return ok(undefined);
}

function tellLeft({ io }: App, folder: string, failure: Failure): void {
  const what = `${displayPath(folder)}, the copy of a run that was killed, cannot be read: ${wordFailure(failure).message}`;
  io.err(`${io.errStyle.warn('warning')}: ${oneLine(what)}\n`);
}

/** What is written, as a part of a sentence. */
export const STATES = 'a file of states';

/** Nobody can retry a task of such a run by command: to run it again is to ask for that. */
function withFailedAgain(states: States): States {
  const again = [...states].map(
    ([id, state]) => [id, state.status === 'ERROR' ? { ...state, status: 'PENDING' as const } : state] as const,
  );
  return new Map(again);
}

function usage(message: string, advice: string): Result<never, Failure> {
  return err({ code: 'usage', message, advice });
}

/** A file that `state export` or `run --fresh --state` has written. */
export async function readStates(name: string): Promise<Result<States, Failure>> {
  const text = readText(path.resolve(name));
  if (!text.ok) return text;
  const states = await parseStates(name, text.value);
  return states.ok ? states : err({ code: 'problems', diagnostics: states.error });
}

/** The states as they stand in the folder, into the file as a whole. */
export async function writeStates(
  folder: string,
  name: string,
  redactor: Redactor,
): Promise<Result<undefined, Failure>> {
  const runbook = await loadRunbook(folder);
  if (!runbook.ok) return runbook;
  const document = redactor.value(stateDocument(runbook.value, timestamp()));
  const replaced = await replaceFile(path.resolve(name), `${JSON.stringify(document, null, 2)}\n`);
  return replaced.ok ? ok(undefined) : replaced;
}

/** Where to go on from a run that left the project's files alone. */
export function tellFresh({ io }: App, { state }: FreshOptions): void {
  if (io.json || io.quiet) return;
  const words =
    state === undefined
      ? 'a run with --fresh leaves the states of the project as they are; to keep its own: --state FILE'
      : `the states of this run are in ${state}; to go on with them in the project: orchestrate state import ${state}`;
  io.err(`${wrap(`${io.errStyle.accent('→')} ${words}`, { width: io.errWidth, indent: '  ', hanging: '  ' })}\n`);
}

// A batch from the options of a command to its exit code, whatever makes the questions: `prompt batch`, `quickie batch`.

import path from 'node:path';
import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, type Result } from '../../base/result.ts';
import { oneLine } from '../../base/text.ts';
import { createAsk } from '../../batch/ask.ts';
import { checkInputs } from '../../batch/check.ts';
import { startBatch } from '../../batch/engine.ts';
import { type InputFormat, type Inputs, openInputs } from '../../batch/inputs.ts';
import type { InputRecord } from '../../batch/records.ts';
import { openResults } from '../../batch/results.ts';
import type { Ask } from '../../batch/types.ts';
import type { Question } from '../../calls/service.ts';
import type { OutputRules } from '../../calls/structured.ts';
import { GRACE_MS, type Home, type OpenHome, openHome } from '../../home.ts';
import { type Problem, placeProblems } from '../../runbook/problem.ts';
import { hasNoReader } from '../../system/output.ts';
import { startProgress } from '../../terminal/batch-progress.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { type KeptRun, keyOf, withKeptRun } from './kept-run.ts';
import { tellBatch, tellStart, tellWaiting } from './tell.ts';

export type BatchOptions = CallOptions & {
  readonly inputs: string;
  readonly format?: InputFormat;
  readonly jobs: number;
  readonly out?: string;
  readonly retryFailed?: boolean;
  readonly fresh?: boolean;
  readonly yes?: boolean;
};

type Questioned = Result<Question, readonly Problem[]>;

/** What asks: a prompt, a quickie. */
export type Asker = {
  /** What the batch is known by besides its inputs: the same again goes on with the same batch. */
  readonly name: string;
  /** Called twice for each record: to check it, and to send it. */
  readonly questionOf: (input: InputRecord) => Questioned | Promise<Questioned>;
  /** What an answer must be: a text, where not told. */
  readonly output?: OutputRules;
  /** Names that records give for nothing. */
  readonly unused: (
    names: readonly string[],
  ) => readonly { readonly name: string; readonly hint: string | undefined }[];
};

export type MakeAsker = (home: Home) => Promise<Result<Asker, readonly Problem[]>>;

/** All problems at once before anything is sent; then one process for one batch, to its end. */
export async function runBatch(app: App, options: BatchOptions, make: MakeAsker): Promise<number> {
  const flags = callFlags(app, options);
  if (!flags.ok) return fail(app.io, flags.error);
  const home = await openHome(app);
  if (!home.ok) return fail(app.io, home.error);
  const asker = await make(home.value);
  if (!asker.ok) return fail(app.io, { code: 'problems', diagnostics: await placeProblems(asker.error) });
  const inputs = openInputs(options.inputs, options.format);
  if (!inputs.ok) return fail(app.io, inputs.error);
  try {
    const checked = await checkInputs(inputs.value, asker.value.questionOf, app.signal);
    // By the signal's code: nothing was sent.
    if (app.signal.aborted) return 1;
    if (checked.problems.length > 0) return fail(app.io, { code: 'problems', diagnostics: checked.problems });
    for (const { name, hint } of asker.value.unused(checked.names)) warnUnused(app, name, hint);
    const { total } = checked;
    const key = keyOf('batch', [asker.value.name, home.value.root, path.resolve(options.inputs)]);
    const whole = { asker: asker.value, inputs: inputs.value, options, total, key };
    const fresh = () => options.fresh ?? false;
    return await withKeptRun(app, { home: home.value, flags: flags.value, key, grouped: true, fresh }, (run) =>
      carryOut(app, whole, run),
    );
  } finally {
    inputs.value.close();
  }
}

function warnUnused({ io }: App, name: string, hint: string | undefined): void {
  const what = `"${oneLine(name)}" is the name of no variable: what the inputs give for it is not used`;
  io.err(`${io.errStyle.warn('warning')}: ${what}${hint === undefined ? '' : ` (${hint})`}\n`);
}

type Whole = {
  readonly asker: Asker;
  readonly inputs: Inputs;
  readonly options: BatchOptions;
  readonly total: number;
  readonly key: string;
};

const AHEAD_UNDER_BUDGET = 2;

async function carryOut(app: App, whole: Whole, { opened, rows, runId, known }: KeptRun): Promise<number> {
  const { inputs, options, total, key } = whole;
  const hasBudget = options.maxCost !== undefined || opened.ai.budgetUsd !== undefined;
  const asked = await mayBeSent(app, whole, opened);
  if (asked !== undefined) return fail(app.io, asked);
  let aside = (write: () => void): void => write();
  const print = (line: string): boolean => {
    aside(() => app.io.out(line));
    return !hasNoReader(1);
  };
  const results = openResults({ out: options.out, print, inputs: inputs.file, rows, key });
  if (!results.ok) return fail(app.io, results.error);
  tellStart(app, { total, jobs: options.jobs, known });
  const started = performance.now();
  const batch = startBatch({
    inputs: readAgain(whole),
    ask: askOf(whole, { opened, rows, runId, known }),
    jobs: options.jobs,
    // What is ready holds a part of the budget, and a killed process lets go of none of it.
    ahead: hasBudget ? AHEAD_UNDER_BUDGET : options.jobs * 2,
    write: results.value.write,
    signal: app.signal,
    total,
  });
  const progress = startProgress(app.io, batch.state);
  ({ aside } = progress);
  const tellStop = (): void => aside(() => tellWaiting(app, { calls: batch.state().atOnce, forMs: GRACE_MS }));
  app.signal.addEventListener('abort', tellStop, { once: true });
  const end = await batch.end;
  app.signal.removeEventListener('abort', tellStop);
  progress.stop();
  const closed = results.value.close(end.done === total && end.stopped === undefined);
  const ms = performance.now() - started;
  return tellBatch(app, { end, ms, cost: rows.cost(runId), runId, inputs: inputs.file, out: options.out, closed });
}

function askOf({ asker, inputs, options }: Whole, { opened, rows, runId, known }: KeptRun): Ask {
  const { models, ai, redactor } = opened;
  const { output } = asker;
  return createAsk({
    models,
    ai,
    redactor,
    rows,
    runId,
    known,
    retryFailed: options.retryFailed ?? false,
    questionOf: async (input) => {
      const question = await asker.questionOf(input as InputRecord);
      return question.ok ? question : err(changedMeanwhile(inputs, input.line));
    },
    ...(output === undefined ? {} : { output }),
  });
}

/** The second time through the file: it was in order before, so what is not in order now has been written since. */
async function* readAgain({ inputs }: Whole): AsyncGenerator<Result<InputRecord, Failure>> {
  for await (const record of inputs.records()) {
    if (record.ok && !inputs.changed()) yield record;
    else return yield err(changedMeanwhile(inputs, record.ok ? record.value.line : record.error.line));
  }
}

function changedMeanwhile({ file }: Inputs, line: number): Failure {
  const message = `${file} was written to while its inputs were asked about (seen at line ${line}): the same command goes on with it as it is then`;
  return { code: 'changed-meanwhile', path: file, message };
}

/** `confirm_send` holds for all prompts of a batch together. */
async function mayBeSent(
  { signal }: App,
  { options, total }: Whole,
  { ai, person }: OpenHome,
): Promise<Failure | undefined> {
  if (!ai.confirmSend || options.yes) return undefined;
  const choices = [
    { key: 'y', label: 'send' },
    { key: 'n', label: 'no' },
  ] as const;
  const answer = await person?.choose({ kind: 'confirm-send', message: `Send ${total} prompts?`, choices });
  if (answer === 'y' && !signal.aborted) return undefined;
  const message = 'sending prompts must be confirmed (ai: confirm_send), so nothing was sent';
  return { code: 'waiting', message, advice: 'run it in a terminal, or with --yes' };
}

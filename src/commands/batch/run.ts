// A batch from the options of a command to its exit code, whatever makes the questions: `prompt batch`, `quickie batch`.

import { createHash } from 'node:crypto';
import path from 'node:path';
import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { oneLine } from '../../base/text.ts';
import { createAsk } from '../../batch/ask.ts';
import { checkInputs } from '../../batch/check.ts';
import { startBatch } from '../../batch/engine.ts';
import { type InputFormat, type InputRecord, type Inputs, openInputs } from '../../batch/inputs.ts';
import { openResults, type Results } from '../../batch/results.ts';
import type { BatchEnd } from '../../batch/types.ts';
import type { Question } from '../../calls/service.ts';
import type { CallFlags } from '../../calls/types.ts';
import type { BatchRows } from '../../history/batches.ts';
import { type Home, type OpenHome, openHome, openModels } from '../../home.ts';
import { type Problem, placeProblems } from '../../runbook/problem.ts';
import { startProgress } from '../../terminal/batch-progress.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { tellBatch, tellStart } from './tell.ts';

export type BatchOptions = CallOptions & {
  readonly inputs: string;
  readonly format?: InputFormat;
  readonly jobs: number;
  readonly out?: string;
  readonly retryFailed?: boolean;
  readonly fresh?: boolean;
  readonly yes?: boolean;
};

/** What asks: a prompt, a quickie. */
export type Asker = {
  /** What the batch is known by besides its inputs: the same again goes on with the same batch. */
  readonly name: string;
  readonly questionOf: (input: InputRecord) => Result<Question, readonly Problem[]>;
  /** From the text of an answer to what its result holds; the text itself where not told. */
  readonly read?: (text: string) => Promise<Result<unknown, string>>;
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
    const checked = await checkInputs(inputs.value, asker.value.questionOf);
    if (checked.problems.length > 0) return fail(app.io, { code: 'problems', diagnostics: checked.problems });
    for (const { name, hint } of asker.value.unused(checked.names)) warnUnused(app, name, hint);
    const { total } = checked;
    return await underLock(app, {
      home: home.value,
      asker: asker.value,
      inputs: inputs.value,
      options,
      total,
      flags: flags.value,
    });
  } finally {
    inputs.value.close();
  }
}

function warnUnused({ io }: App, name: string, hint: string | undefined): void {
  const what = `"${oneLine(name)}" is the name of no variable: what the inputs give for it is not used`;
  io.err(`${io.errStyle.warn('warning')}: ${what}${hint === undefined ? '' : ` (${hint})`}\n`);
}

type Parts = {
  readonly home: Home;
  readonly asker: Asker;
  readonly inputs: Inputs;
  readonly options: BatchOptions;
  readonly total: number;
  readonly flags: CallFlags;
};

/** Two processes would ask the same things. */
async function underLock(app: App, parts: Parts): Promise<number> {
  const key = keyOf(parts);
  const { lockFile } = await import('../../database/file-lock.ts');
  const lock = lockFile(path.join(parts.home.dataRoot, '.orchestrate', 'locks', `${key}.lock`));
  if (!lock.ok) return fail(app.io, lock.error);
  if (lock.value === undefined) return fail(app.io, LOCKED);
  try {
    const run = await runOf(parts, key);
    if (!run.ok) return fail(app.io, run.error);
    const opened = await openModels(app, parts.home, { flags: parts.flags, runId: run.value, grouped: true });
    try {
      return await carryOut(app, { ...parts, key, runId: run.value }, opened);
    } finally {
      opened.close();
    }
  } finally {
    lock.value.release({ remove: true });
  }
}

const LOCKED: Failure = {
  code: 'locked',
  message: 'another orchestrate is at work on this batch',
  advice: 'wait for its end: what it has recorded is then taken from the history',
};

/** By the file itself, however it is named. */
function keyOf({ asker, inputs, home }: Parts): string {
  const file = path.resolve(inputs.file);
  const named = JSON.stringify([asker.name, home.root, file]);
  return `batch-${createHash('sha256').update(named).digest('hex').slice(0, 16)}`;
}

/** The run that the batch goes on with, or a new one. */
async function runOf({ home, options }: Parts, key: string): Promise<Result<string, Failure>> {
  const { openCalls } = await import('../../history/calls.ts');
  const store = openCalls(home.dataRoot, home.redactor);
  if (!store.ok) return store;
  const newest = store.value.batches.newest(key);
  store.value.close();
  if (newest === undefined) return ok(key);
  return ok(options.fresh ? `${key}-${newest.generation + 1}` : newest.runId);
}

type Whole = Parts & { readonly key: string; readonly runId: string };

async function carryOut(app: App, whole: Whole, opened: OpenHome): Promise<number> {
  const store = await opened.calls();
  if (!store.ok) return fail(app.io, store.error);
  const rows = store.value.batches;
  const { inputs, options, total } = whole;
  const asked = await mayBeSent(app, whole, opened);
  if (asked !== undefined) return fail(app.io, asked);
  let aside = (write: () => void): void => write();
  const print = (line: string) => aside(() => app.io.out(line));
  const results = openResults({ out: options.out, print, inputs: inputs.file, rows, key: whole.key });
  if (!results.ok) return fail(app.io, results.error);
  tellStart(app, { total, jobs: options.jobs, known: rows.newest(whole.key) !== undefined });
  const started = performance.now();
  const batch = startBatch({
    inputs: readAgain(whole),
    ask: askOf(whole, opened, rows),
    jobs: options.jobs,
    write: results.value.write,
    signal: app.signal,
    total,
  });
  const progress = startProgress(app.io, batch.state);
  ({ aside } = progress);
  const end = await batch.end;
  progress.stop();
  return ended(app, whole, { end, results: results.value, rows, ms: performance.now() - started });
}

function askOf({ asker, inputs, options, runId }: Whole, { models, ai, redactor }: OpenHome, rows: BatchRows) {
  const { read } = asker;
  return createAsk({
    models,
    ai,
    redactor,
    rows,
    runId,
    retryFailed: options.retryFailed ?? false,
    questionOf: (input) => {
      const question = asker.questionOf(input as InputRecord);
      return question.ok ? question : err(changedMeanwhile(inputs, input.line));
    },
    ...(read === undefined ? {} : { read }),
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

type Ended = { readonly end: BatchEnd; readonly results: Results; readonly rows: BatchRows; readonly ms: number };

function ended(app: App, { options, inputs, runId }: Whole, { end, results, rows, ms }: Ended): number {
  const isWhole = end.done === end.total && end.stopped === undefined;
  const closed = results.close(isWhole);
  const cost = rows.cost(runId);
  const { out } = options;
  return tellBatch(app, { end, ms, cost, runId, inputs: inputs.file, out, closed });
}

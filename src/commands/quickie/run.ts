// `orchestrate quickie run`: the answer on stdout, everything else on stderr.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { CallFlags } from '../../calls/types.ts';
import { type Home, openHome } from '../../home.ts';
import { type Prepared, prepareQuickie } from '../../quickies/prepare.ts';
import { type Answered, askQuickie, keepQuickie } from '../../quickies/service.ts';
import { isTerminal } from '../../system/stdin.ts';
import { writeJson } from '../../terminal/io.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { gatherInputs } from './gather.ts';
import { openQuickies, templateNamed } from './open.ts';
import { createReport, factsLine, forStdout, type QuickieReport } from './report.ts';

export type RunOptions = CallOptions & {
  readonly name: string;
  readonly input: string | undefined;
  readonly param: readonly string[];
  readonly model?: string;
  readonly meta: readonly string[];
  readonly raw?: boolean;
  readonly track: boolean;
  readonly dryRun?: boolean;
  readonly later?: boolean;
};

export async function run(app: App, options: RunOptions): Promise<number> {
  const combined = impossible(app, options);
  if (combined !== undefined) return fail(app.io, combined);
  const flags = callFlags(app, options);
  if (!flags.ok) return fail(app.io, flags.error);
  const home = await openHome(app);
  if (!home.ok) return fail(app.io, home.error);
  const prepared = await prepare(app, home.value, options);
  if (!prepared.ok) return fail(app.io, prepared.error);
  if (options.dryRun) {
    const { dryRun } = await import('./dry-run.ts');
    return dryRun(app, home.value, { prepared: prepared.value, flags: flags.value });
  }
  return options.later
    ? keep(app, home.value, prepared.value)
    : ask(app, home.value, {
        prepared: untracked(prepared.value, options),
        flags: flags.value,
        raw: options.raw ?? false,
      });
}

function impossible({ io }: App, { raw, later, track, dryRun }: RunOptions): Failure | undefined {
  const usage = (message: string): Failure => ({ code: 'usage', message, advice: 'give one of the two' });
  if (raw && io.json) return usage('--raw prints the answer as it came, and --json a document');
  if (later && !track) return usage('--later records the call, and --no-track records nothing');
  if (later && dryRun) return usage('--later records the call, and --dry-run only shows it');
  return undefined;
}

async function prepare(app: App, home: Home, options: RunOptions): Promise<Result<Prepared, Failure>> {
  const template = await templateNamed(home, options.name);
  if (!template.ok) return template;
  const metadata = readMeta(options.meta);
  if (!metadata.ok) return metadata;
  const { given, problems } = await gatherInputs(template.value, {
    params: options.param,
    file: options.input,
    signal: app.signal,
    say: (text) => void (app.io.quiet || app.io.err(text)),
  });
  if (app.signal.aborted) return err(INTERRUPTED);
  return prepareQuickie(template.value, {
    given,
    problems,
    model: options.model,
    defaultModel: home.ai.model,
    metadata: metadata.value,
  });
}

const INTERRUPTED: Failure = {
  code: 'waiting',
  message: 'interrupted while the inputs were being read; nothing was sent',
  advice: 'run it again',
};

/** What the program itself notes there. */
const TAKEN = ['provider', 'alias', 'attempt', '__proto__', 'constructor', 'prototype'];

function readMeta(pairs: readonly string[]): Result<Record<string, string>, Failure> {
  const metadata: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, at);
    if (at < 1) return err({ code: 'usage', message: `--meta ${pair} has no key`, advice: 'write --meta KEY=VALUE' });
    if (TAKEN.includes(key) || Object.hasOwn(metadata, key))
      return err({ code: 'usage', message: `--meta ${key}: the key is taken`, advice: 'choose another key' });
    metadata[key] = pair.slice(at + 1);
  }
  return ok(metadata);
}

function untracked(prepared: Prepared, { track }: RunOptions): Prepared {
  return track ? prepared : { ...prepared, about: { ...prepared.about, keep: 'none' } };
}

export type Asking = { readonly prepared: Prepared; readonly flags: CallFlags; readonly raw: boolean };

/** Asks and prints; shared with `rerun`. */
export async function ask(app: App, home: Home, { prepared, flags, raw }: Asking): Promise<number> {
  const { io } = app;
  const terminal = isTerminal(1);
  const live = terminal && !io.json && !raw && prepared.rules.format !== 'json';
  const report = createReport(io, { live });
  const { parts, close } = await openQuickies(app, home, { flags, report: report.report });
  try {
    const answered = await askQuickie(parts, prepared);
    report.end();
    if (!answered.ok) return fail(io, answered.error);
    const print = () =>
      io.json
        ? writeJson(io, jsonAnswer(prepared, answered.value))
        : printAnswer(app, { answered: answered.value, raw, terminal, report });
    const unprinted = failedWrite(print);
    return unprinted === undefined ? 0 : fail(io, notPrinted(unprinted, prepared, answered.value));
  } finally {
    close();
  }
}

type Printing = {
  readonly answered: Answered;
  readonly raw: boolean;
  readonly terminal: boolean;
  readonly report: QuickieReport;
};

/** The errno of a stdout that takes no more, such as a file on a full disk. */
function failedWrite(write: () => void): string | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall !== 'write') throw error;
    return code;
  }
}

function notPrinted(errno: string, { about }: Prepared, { id }: Answered): Failure {
  const message = `the answer cannot be written to stdout (${errno})`;
  const advice =
    about.keep === 'none' ? 'mend that, and ask again' : `it is kept: orchestrate quickie show ${id.slice(0, 8)}`;
  return { code: 'call-failed', message, advice };
}

function printAnswer({ io }: App, { answered, raw, terminal, report }: Printing): void {
  const { answer, output, id } = answered;
  if (raw) io.out(forStdout(answer.text, terminal));
  else if (!report.shown())
    io.out(forStdout(output.content.endsWith('\n') ? output.content : `${output.content}\n`, terminal));
  if (io.quiet) return;
  const { usage, costUsd, totalMs, resolvedModel: model } = answer;
  const { promptTokens = null, completionTokens = null } = usage ?? {};
  io.err(`${io.errStyle.dim(factsLine({ id, model, promptTokens, completionTokens, costUsd, totalMs }))}\n`);
}

/** In the words of S000's columns. */
export function jsonAnswer({ about, request }: Prepared, { id, answer, output }: Answered): Record<string, unknown> {
  return {
    id,
    template_name: about.templateName,
    status: 'complete',
    output: output.data === undefined ? answer.text : output.data,
    text: answer.text,
    model: request.model,
    resolved_model: answer.resolvedModel,
    prompt_hash: about.promptHash,
    input_params: about.inputParams,
    metadata: about.metadata ?? {},
    finish_reason: answer.finishReason,
    prompt_tokens: answer.usage?.promptTokens ?? null,
    cached_tokens: answer.usage?.cachedTokens ?? null,
    completion_tokens: answer.usage?.completionTokens ?? null,
    cost_usd: answer.costUsd,
    total_ms: answer.totalMs,
    notes: answer.notes,
  };
}

async function keep(app: App, home: Home, prepared: Prepared): Promise<number> {
  const { io } = app;
  const { parts, close } = await openQuickies(app, home, { flags: {}, report: () => undefined });
  try {
    const kept = await keepQuickie(parts, prepared);
    if (!kept.ok) return fail(io, kept.error);
    if (io.json) writeJson(io, { id: kept.value, template_name: prepared.about.templateName, status: 'pending' });
    else io.out(`${kept.value}\n`);
    if (!io.json && !io.quiet)
      io.err(`Kept for later: "orchestrate quickie run-pending ${kept.value.slice(0, 8)}" asks it.\n`);
    return 0;
  } finally {
    close();
  }
}

// What is said of a batch at its beginning and at its end, and its exit code.

import type { App } from '../../app.ts';
import { exitCode, type Failure } from '../../base/failure.ts';
import type { Result } from '../../base/result.ts';
import { count, formatDuration, oneLine, shorten } from '../../base/text.ts';
import type { BatchEnd, BatchFailure } from '../../batch/types.ts';
import { costWords } from '../../terminal/batch-progress.ts';
import { writeJson } from '../../terminal/io.ts';
import { jsonFailure } from '../../terminal/json.ts';
import { drawFailure } from '../../terminal/wording.ts';
import { wrap } from '../../terminal/wrap.ts';

export type Start = { readonly total: number; readonly jobs: number; readonly known: boolean };

export function tellStart({ io }: App, { total, jobs, known }: Start): void {
  if (io.quiet || io.json) return;
  const before = known ? ': what was recorded before is taken from the history (--fresh asks anew)' : '';
  io.err(`${wrap(`${count(total, 'input')}, ${jobs} at once${before}`, { width: io.errWidth, hanging: '  ' })}\n`);
}

/** At the server: broken off, they would be asked and paid for again. */
export function tellWaiting({ io }: App, { calls, forMs }: { readonly calls: number; readonly forMs: number }): void {
  if (io.quiet || io.json || calls === 0) return;
  const text = `Nothing more is sent; waiting for ${count(calls, 'call')} at the server, ${forMs / 1000} s at most (Ctrl-C again breaks off).`;
  io.err(`${wrap(text, { width: io.errWidth, hanging: '  ' })}\n`);
}

export type Told = {
  readonly end: BatchEnd;
  readonly ms: number;
  /** Of the whole batch, what earlier processes spent included. */
  readonly cost: { readonly usd: number; readonly unknown: number };
  readonly runId: string;
  readonly inputs: string;
  readonly out: string | undefined;
  readonly closed: Result<'written' | 'left', Failure>;
};

export function tellBatch(app: App, told: Told): number {
  const code = codeOf(told);
  if (app.io.json) tellJson(app, told, code);
  else tellWords(app, told);
  return code;
}

/** The first that fits of 2, 4, 130 or 143 (main.ts), 1, 3, 0. */
function codeOf({ end, closed }: Told): number {
  const stopped = end.stopped === undefined ? 0 : exitCode(end.stopped);
  if (!closed.ok) return exitCode(closed.error);
  if (stopped !== 0 && stopped !== 3) return stopped;
  if (end.failed > 0 || (end.interrupted && end.done !== end.total)) return 1;
  return end.refused > 0 ? 3 : stopped;
}

function tellJson({ io }: App, { end, ms, cost, runId, inputs, out, closed }: Told, code: number): void {
  const { total, done, failed, refused, fromHistory, spentUsd, interrupted, stopped, failures } = end;
  const failure = stopped ?? (closed.ok ? undefined : closed.error);
  const document = {
    schema_version: 1,
    event: 'batch_ended',
    batch: runId,
    ended: endOf(end),
    inputs,
    total,
    done,
    complete: done - failed - refused,
    failed,
    refused,
    from_history: fromHistory,
    interrupted,
    duration_ms: Math.round(ms),
    spent_usd: rounded(spentUsd),
    cost_usd: rounded(cost.usd),
    cost_unknown: cost.unknown,
    failures: failures.map(({ index, id, line, error, call_id }) => ({
      index,
      ...(id !== undefined && { id }),
      line,
      error,
      call_id,
    })),
    ...(failure === undefined ? {} : jsonFailure(failure)),
    exit_code: code,
  };
  // Behind results on stdout it is one more line; alone it is the document.
  if (out === undefined) io.out(`${JSON.stringify(document)}\n`);
  else writeJson(io, document);
}

function endOf({ stopped, interrupted, done, total }: BatchEnd): 'finished' | 'stopped' | 'interrupted' {
  if (done === total && stopped === undefined) return 'finished';
  return interrupted ? 'interrupted' : 'stopped';
}

/** Away with the noise of binary fractions. */
function rounded(usd: number): number {
  return Number(usd.toFixed(10));
}

function tellWords({ io }: App, told: Told): void {
  const { end, closed } = told;
  const { errStyle: style } = io;
  const lines: string[] = [];
  const failedOnes = end.failed > 0 || end.refused > 0;
  if (failedOnes) lines.push(...failureLines(told, io));
  if (!io.quiet || failedOnes || end.done !== end.total) lines.push(summary(told));
  if (end.stopped !== undefined) lines.push(drawFailure(end.stopped, style, io.verbose).trimEnd());
  if (!closed.ok) lines.push(drawFailure(closed.error, style, io.verbose).trimEnd());
  for (const advice of advices(told))
    lines.push(wrap(`${style.accent('→')} ${advice}`, { width: io.errWidth, indent: '  ', hanging: '  ' }));
  if (lines.length > 0) io.err(`${lines.join('\n')}\n`);
}

const MOST_SHOWN = 10;

function failureLines({ end, inputs }: Told, { errStyle: style, errWidth: width }: App['io']): string[] {
  const shown = end.failures.slice(0, MOST_SHOWN).map((failure) => failureLine(failure, { inputs, style, width }));
  const more = end.failed + end.refused - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${count(more, 'more')} (--json lists them; so do the results)`] : [])];
}

function failureLine(
  { index, id, line, error }: BatchFailure,
  { inputs, style, width }: { inputs: string; style: App['io']['errStyle']; width: number },
): string {
  const name = id === undefined ? `input ${index}` : `input ${index} (${shorten(oneLine(String(id)), 30)})`;
  const why = shorten(oneLine(error ?? ''), 300);
  return wrap(`${style.bad('✗')} ${style.bold(`${oneLine(inputs)}:${line}`)} ${name}: ${why}`, {
    width,
    hanging: '  ',
  });
}

function summary({ end, ms, cost }: Told): string {
  const { done, total = done, failed, refused, fromHistory } = end;
  const parts = [
    `${done - failed - refused} of ${count(total, 'input')} answered`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(refused > 0 ? [`${refused} not sent`] : []),
    ...(fromHistory > 0 ? [`${fromHistory} from the history`] : []),
    formatDuration(ms),
    costWords(cost.usd, cost.unknown),
  ];
  return parts.join(' · ');
}

/** What to do next. */
function advices({ end, closed, out }: Told): string[] {
  const { done, total, failed, refused, stopped } = end;
  const unfinished = done !== total;
  return [
    ...(unfinished && (stopped === undefined || stopped.code !== 'usage')
      ? ['the same command goes on where this one ended; nothing that was answered is asked again']
      : []),
    ...(closed.ok && closed.value === 'left'
      ? [`${oneLine(out ?? '')} holds the results of before until all of the new ones are there`]
      : []),
    ...(failed > 0 && !unfinished ? ['the same command with --retry-failed asks those that failed again'] : []),
    ...(refused > 0 ? ['what was not sent holds a secret: --allow-secrets sends it all the same'] : []),
  ];
}

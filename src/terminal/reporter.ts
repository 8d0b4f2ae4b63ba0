// Shows the news of a run to a person, as text. Scripts' own stdout goes to stdout (design.md §4), all else to stderr.

import { count, formatDuration, neutralise, oneLine } from '../base/text.ts';
import type { Status } from '../runbook/words.ts';
import type { News, Report } from '../run/ports.ts';
import { drawDiagnostics } from './diagnostics.ts';
import type { Io } from './io.ts';

const SIGN: Record<Status, string> = { PENDING: '·', READY: '○', RUNNING: '▸', DONE: '✓', ERROR: '✗', SKIPPED: '–' };

export function statusSign(status: Status): string {
  return SIGN[status];
}

/** A reporter for a person. With `-q` only what they must see: what waits, warnings, errors, and what they are asked to review. */
export function createReporter(io: Io): Report {
  const { errStyle: style } = io;
  const waiting = createSpinner(io);
  let atLineStart = true;
  /** What of the present answer was shown while it came; null where it is not shown then, because the person has it already. */
  let streamed: string | null = '';
  const line = (text: string) => {
    waiting.stop();
    io.err(`${atLineStart ? '' : '\n'}${text}\n`);
    atLineStart = true;
  };
  const stream = (write: (text: string) => void, text: string) => {
    waiting.stop();
    write(text);
    atLineStart = text.endsWith('\n');
  };
  const quietable = (text: string) => {
    if (!io.quiet) line(text);
  };

  return (news: News) => {
    switch (news.kind) {
      case 'task-started': {
        const { task } = news;
        quietable(`\n${style.status('RUNNING', '▸')} ${style.bold(oneLine(task.name))} ${style.dim(`${task.id} · ${task.type}`)}`);
        if (task.description) quietable(indent(neutralise(task.description).trim(), '  '));
        return;
      }
      case 'task-ended': {
        const { task, to, detail, durationMs } = news;
        const time = task.type === 'MANUAL' ? '' : style.dim(` ${formatDuration(durationMs)}`);
        const why = detail && to !== 'DONE' ? `: ${neutralise(detail)}` : '';
        const text = `${style.status(to, `${SIGN[to]} ${to}`)} ${task.id}${time}${why}`;
        return to === 'ERROR' ? line(text) : quietable(text);
      }
      case 'task-waits': // told at the end of the run, together with what else waits
        return undefined;
      case 'moved':
        return news.to === 'PENDING' ? line(`${news.task.id} is PENDING again: ${oneLine(news.reason)}`) : io.verbose ? line(style.dim(`${news.task.id} is READY: ${oneLine(news.reason)}`)) : undefined;
      case 'edited':
        return quietable(style.dim(`${news.taskId}: ${news.from} → ${news.to}, by hand in ${oneLine(news.file)}`));
      case 'instructions':
        return news.lines.length === 0 ? undefined : line(instructions(news.lines));
      case 'script-started':
        return quietable(style.dim(`  $ ${oneLine(news.command)}${news.attempt > 1 ? ` (try ${news.attempt})` : ''}`));
      case 'script-output':
        return stream(news.stream === 'stdout' ? io.out : io.err, news.text);
      case 'model-call': {
        streamed = news.provider === 'paste' || io.quiet ? null : '';
        const cost = news.provider === 'openai' ? ` · ${costText(news.costUsd)} for the prompt` : '';
        quietable(style.dim(`  ${news.provider} · ${oneLine(news.model)} · about ${count(news.tokens, 'token')}${cost}${news.attempt > 1 ? ` · attempt ${news.attempt}` : ''}`));
        return news.provider === 'openai' ? waiting.start('waiting for the model') : undefined;
      }
      case 'model-text':
        if (streamed === null) return undefined;
        streamed += news.text;
        return stream(io.err, neutralise(news.text));
      case 'model-retry':
        waiting.stop();
        line(style.warn(`  ${oneLine(news.reason)}; attempt ${news.attempt} in ${formatDuration(news.delayMs)}`));
        return waiting.start('waiting for the model');
      case 'model-done':
        return quietable(style.dim(`  ${formatDuration(news.totalMs)} · ${tokensText(news.promptTokens, news.completionTokens)} · ${costText(news.costUsd)}`));
      case 'stored-answer':
        return quietable(style.dim(`  the answer of ${news.createdAt} was not reviewed yet: no new call is made`));
      case 'candidate':
        return void showCandidate(news);
      case 'check':
        return news.ok ? (io.verbose ? line(style.good(`  ✓ ${oneLine(news.label)}`)) : undefined) : line(style.bad(`  ✗ ${oneLine(news.detail ?? news.label)}`));
      case 'note':
        return quietable(`  ${oneLine(news.message)}`);
      case 'warning':
        return line(`${style.warn('warning')}: ${oneLine(news.message)}${news.advice ? `\n  ${style.accent('→')} ${oneLine(news.advice)}` : ''}`);
      case 'problems':
        return line(drawDiagnostics(news.diagnostics, style).trimEnd());
    }
  };

  function showCandidate(news: Extract<News, { kind: 'candidate' }>): void {
    for (const note of news.notes) line(style.dim(`  ${oneLine(note)}`));
    for (const problem of news.problems) line(`  ${style.bad('✗')} ${oneLine(problem)}`);
    if (news.file !== undefined) line(`\n${style.bold(oneLine(news.file))}${news.former === undefined ? style.dim(' (new)') : ''}`);
    if (news.diff !== undefined) line(drawDiff(news.diff));
    else if (streamed?.trim() === news.content.trim()) line(style.dim('  as shown above'));
    else line(indent(neutralise(news.content).trimEnd(), '  '));
    if (news.reviewPoints.length === 0) return;
    line(`\n${style.bold('Look at')}`);
    for (const point of news.reviewPoints) line(`  - ${oneLine(point)}`);
  }

  function drawDiff(diff: string): string {
    const paint = (text: string) => (text.startsWith('+') ? style.good(text) : text.startsWith('-') ? style.bad(text) : text.startsWith('@@') ? style.accent(text) : text);
    return neutralise(diff).trimEnd().split('\n').map((each) => `  ${paint(each)}`).join('\n');
  }
}

function instructions(lines: readonly string[]): string {
  if (lines.length === 1) return `\n${indent(neutralise(lines[0] ?? '').trim(), '  ')}`;
  return `\n${lines.map((text, index) => `  ${String(index + 1).padStart(2)}. ${indent(neutralise(text).trim(), '      ').trimStart()}`).join('\n')}`;
}

function indent(text: string, by: string): string {
  return text.split('\n').map((each) => (each === '' ? '' : by + each)).join('\n');
}

/** `$0.0012`; unknown is said, never shown as zero. */
export function costText(usd: number | null): string {
  if (usd === null) return 'cost unknown';
  return usd === 0 ? '$0' : `$${usd < 0.01 ? usd.toPrecision(2) : usd.toFixed(2)}`;
}

function tokensText(prompt: number | null, completion: number | null): string {
  return prompt === null && completion === null ? 'tokens unknown' : `${prompt ?? '?'} + ${completion ?? '?'} tokens`;
}

/** Turns while the model has not begun to answer; nothing where there is no terminal. */
function createSpinner(io: Io): { start: (text: string) => void; stop: () => void } {
  let spinner: { stop: () => unknown } | undefined;
  let wanted = false;
  return {
    start(text) {
      if (!io.interactive || io.quiet) return;
      wanted = true;
      void import('ora').then(({ default: ora }) => {
        if (wanted) spinner = ora({ text, stream: process.stderr, discardStdin: false, hideCursor: false }).start();
      });
    },
    stop() {
      wanted = false;
      spinner?.stop();
      spinner = undefined;
    },
  };
}

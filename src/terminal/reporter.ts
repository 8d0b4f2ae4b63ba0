// Shows the news of a run to a person, as text. Scripts' own stdout goes to stdout (design.md §4), all else to stderr.

import { count, formatDuration, localTime, neutralise, oneLine } from '../base/text.ts';
import type { News, Report } from '../run/ports.ts';
import type { Task } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';
import { createAnswerStream } from './answer-stream.ts';
import { drawDiagnostics, placeText } from './diagnostics.ts';
import { drawDiff } from './diff.ts';
import type { Io } from './io.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

const SIGN: Record<Status, string> = { PENDING: '·', READY: '○', RUNNING: '▸', DONE: '✓', ERROR: '✗', SKIPPED: '–' };

export function statusSign(status: Status): string {
  return SIGN[status];
}

/** A reporter for a person. With `-q` only what they must see: what waits, warnings, errors, and what they are asked to review. */
export function createReporter(io: Io): Report {
  const { errStyle: style, errWidth: width } = io;
  const waiting = createSpinner(io);
  const answer = createAnswerStream(style, io.interactive);
  let atLineStart = true;
  /** What the person has seen of the present answer, while it came or when they pasted it. */
  let seen = '';
  let shown = true;
  let untitled: Task | undefined;
  const line = (text: string) => {
    // What was held back of an answer: it may have broken off in the middle of a line.
    stream(io.err, answer.end());
    io.err(`${atLineStart ? '' : '\n'}${text}\n`);
    atLineStart = true;
  };
  const stream = (write: (text: string) => void, text: string) => {
    waiting.stop();
    if (text === '') return;
    write(text);
    atLineStart = text.endsWith('\n');
  };
  const quietable = (text: string) => {
    if (!io.quiet) line(text);
  };
  /** Below the line of its task. */
  const prose = (text: string, hanging = '') => wrap(text, { width, indent: '  ', hanging });
  const advice = (text: string) => prose(`${style.accent('→')} ${oneLine(text)}`, '  ');

  const title = ({ id, name, type }: Task, more = '') =>
    wrap(`${style.status('RUNNING', '▸')} ${style.bold(oneLine(name))}${more} ${style.dim(`(${id} · ${type})`)}`, {
      width,
      hanging: '  ',
    });
  /** Once a task, and with `-q` only before what a person must answer. */
  const titleOnce = () => {
    if (untitled === undefined) return;
    const { description } = untitled;
    line(`\n${title(untitled)}`);
    if (description) line(prose(neutralise(description).trim()));
    untitled = undefined;
  };

  return (news: News) => {
    switch (news.kind) {
      case 'task-started':
        untitled = news.task;
        return io.quiet ? undefined : titleOnce();
      case 'task-goes-on':
        return quietable(`\n${title(news.task, ' goes on')}`);
      case 'task-ended': {
        const { task, to, detail, durationMs } = news;
        // A person's time to think says nothing.
        const time = task.type !== 'AUTOMATED_SCRIPT' ? '' : style.dim(` ${formatDuration(durationMs)}`);
        const why = detail && to !== 'DONE' ? `\n${prose(neutralise(detail))}` : '';
        const text = `${style.status(to, `${SIGN[to]} ${to}`)} ${task.id}${time}${why}`;
        return to === 'ERROR' ? line(text) : quietable(text);
      }
      case 'task-waits': // told at the end of the run, together with what else waits
        return undefined;
      case 'halted':
        if (!news.told) line(drawHalt(news.task, news.issue, { style, width }));
        return line(
          advice(
            `mend it${news.place ? ` (${placeText(news.place)})` : ''}, then answer r; or later: orchestrate retry ${news.task.id}`,
          ),
        );
      case 'moved':
        if (news.to === 'PENDING')
          return line(wrap(`${news.task.id} is PENDING again: ${oneLine(news.reason)}`, { width, hanging: '  ' }));
        if (news.to === 'SKIPPED') {
          const text = `${style.status('SKIPPED', `${SIGN.SKIPPED} SKIPPED`)} ${news.task.id}: ${oneLine(news.reason)}`;
          return quietable(wrap(text, { width, hanging: '  ' }));
        }
        return io.verbose ? line(style.dim(`${news.task.id} is READY: ${oneLine(news.reason)}`)) : undefined;
      case 'edited':
        return quietable(style.dim(`${news.taskId}: ${news.from} → ${news.to}, by hand in ${oneLine(news.file)}`));
      case 'instructions':
        titleOnce();
        return news.lines.length === 0 ? undefined : line(instructions(news.lines, width));
      case 'script-started':
        return quietable(
          style.dim(prose(`$ ${oneLine(news.command)}${news.attempt > 1 ? ` (try ${news.attempt})` : ''}`, '  ')),
        );
      case 'script-output':
        return stream(news.stream === 'stdout' ? io.out : io.err, news.text);
      case 'model-call': {
        [seen, shown] = ['', news.provider !== 'paste' && !io.quiet];
        const cost = news.provider === 'openai' ? `, ${priceText(news)}` : '';
        const say = news.asks ? line : quietable;
        if (news.asks) titleOnce();
        say(
          style.dim(
            prose(
              `${news.attempt > 1 ? `attempt ${news.attempt} · ` : ''}${news.provider} · ${oneLine(news.model)} · about ${count(news.tokens, 'token')} to send${cost}`,
            ),
          ),
        );
        return undefined;
      }
      case 'model-sent':
        return news.provider === 'openai' ? waiting.start('waiting for the model') : undefined;
      case 'model-text':
        if (shown && seen === '') line('');
        if (shown || !io.quiet) seen += news.text;
        return shown ? stream(io.err, answer.push(news.text)) : undefined;
      case 'model-retry':
        waiting.stop();
        line(style.warn(prose(`${oneLine(news.reason)}; attempt ${news.attempt} in ${formatDuration(news.delayMs)}`)));
        return waiting.start('waiting for the model');
      case 'model-done':
        if (shown && seen !== '') line('');
        return quietable(
          style.dim(prose(`${formatDuration(news.totalMs)} · ${tokensText(news)} · ${costText(news.costUsd)}`)),
        );
      case 'stored-answer':
        seen = '';
        return quietable(
          style.dim(prose(`the answer of ${localTime(news.createdAt)} was not reviewed yet: no new call is made`)),
        );
      case 'candidate':
        return showCandidate(news);
      case 'check':
        if (news.ok) return io.verbose ? line(style.good(prose(`✓ ${oneLine(news.label)}`, '  '))) : undefined;
        return line(style.bad(prose(`✗ ${oneLine(news.detail ?? news.label)}`, '  ')));
      case 'note':
        return quietable(prose(oneLine(news.message)));
      case 'warning':
        return line(
          `${wrap(`${style.warn('warning')}: ${oneLine(news.message)}`, { width, hanging: '  ' })}${news.advice ? `\n${advice(news.advice)}` : ''}`,
        );
      case 'problems':
        return line(`\n${drawDiagnostics(news.diagnostics, style).trimEnd()}`);
    }
  };

  function showCandidate(news: Extract<News, { kind: 'candidate' }>): void {
    titleOnce();
    for (const note of news.notes) line(style.dim(prose(oneLine(note))));
    for (const problem of news.problems) line(prose(`${style.bad('✗')} ${oneLine(problem)}`, '  '));
    const above = placeAbove(seen, news.content);
    const unchanged = news.former !== undefined && news.diff === undefined;
    const facts = [
      ...(news.file !== undefined && news.former === undefined ? ['new'] : []),
      ...(unchanged ? ['it holds just this already'] : []),
      ...(above !== undefined && !unchanged ? [above] : []),
    ];
    const title = news.file === undefined ? 'The answer' : oneLine(news.file);
    line(
      `\n${wrap(`${style.bold(title)}${facts.length === 0 ? '' : style.dim(` (${facts.join('; ')})`)}`, { width, hanging: '  ' })}`,
    );
    if (news.diff !== undefined) line(drawDiff(news.diff, style));
    else if (above === undefined && !unchanged) line(indent(neutralise(news.content).trimEnd(), '  '));
    if (news.reviewPoints.length === 0) return;
    line(`\n${style.bold('Look at')}`);
    for (const point of news.reviewPoints) line(prose(`- ${oneLine(point)}`, '  '));
  }
}

/** Where what will be written stands in what was shown already, so that nothing is printed twice; undefined where it does not. */
function placeAbove(seen: string, content: string): string | undefined {
  const wanted = content.trim();
  const start = wanted === '' ? -1 : seen.indexOf(wanted);
  if (start < 0) return undefined;
  if (seen.trim() === wanted) return 'as shown above';
  const first = seen.slice(0, start).trimStart().split('\n').length;
  const last = first + wanted.split('\n').length - 1;
  return first === last ? `line ${first} of the answer above` : `lines ${first} to ${last} of the answer above`;
}

/** A task in ERROR that stops the run: id, name, newest open issue (design.md §3). */
export function drawHalt(
  task: Task,
  issue: string | undefined,
  { style, width }: { style: Style; width: number },
): string {
  const head = wrap(`${style.bad('✗')} stopped: ${style.bold(task.id)} (${oneLine(task.name)}) is in ERROR`, {
    width,
    hanging: '  ',
  });
  return `\n${head}${issue === undefined ? '' : `\n${wrap(neutralise(issue), { width, indent: '  ' })}`}`;
}

function instructions(lines: readonly string[], width: number): string {
  if (lines.length === 1) return `\n${wrap(neutralise(lines[0] ?? '').trim(), { width, indent: '  ' })}`;
  const step = (text: string, index: number) => {
    const body = wrap(neutralise(text).trim(), { width, indent: '      ' });
    return `  ${String(index + 1).padStart(2)}. ${body.trimStart()}`;
  };
  return `\n${lines.map(step).join('\n')}`;
}

function indent(text: string, by: string): string {
  return text
    .split('\n')
    .map((each) => (each === '' ? '' : by + each))
    .join('\n');
}

/** `$0.0012`; unknown is said, never shown as zero. */
function costText(usd: number | null): string {
  if (usd === null) return 'cost unknown';
  if (usd === 0) return '$0';
  // Below that a number of zeros tells nobody anything.
  return usd < 0.00001 ? 'under $0.00001' : `$${usd < 0.01 ? usd.toPrecision(2) : usd.toFixed(2)}`;
}

type Counts = Extract<News, { kind: 'model-done' }>;

function tokensText({ promptTokens, completionTokens, cachedTokens, reasoningTokens }: Counts): string {
  if (promptTokens === null && completionTokens === null) return 'tokens unknown';
  const parts = [
    ...(cachedTokens ? [`${cachedTokens} cached`] : []),
    ...(reasoningTokens ? [`${reasoningTokens} for reasoning`] : []),
  ];
  const more = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  return `${promptTokens ?? '?'} + ${completionTokens ?? '?'} tokens${more}`;
}

/** For the prompt; with a bounded answer also the most that it can come to. */
function priceText({ costUsd, atMostUsd }: { costUsd: number | null; atMostUsd: number | null }): string {
  return costUsd === null || atMostUsd === null
    ? costText(costUsd)
    : `${costText(costUsd)}, at most ${costText(atMostUsd)}`;
}

/** Turns while the model has not begun to answer; nothing where there is no terminal. */
function createSpinner(io: Io): { start: (text: string) => void; stop: () => void } {
  let spinner: { stop: () => unknown } | undefined;
  let wanted = false;
  return {
    start(text) {
      // ora counts lines by the width: a terminal that tells none would be cleared for ever.
      if (!io.interactive || io.quiet || !process.stderr.columns) return;
      wanted = true;
      void import('ora').then(({ default: ora }) => {
        if (wanted)
          spinner = ora({
            text,
            stream: process.stderr,
            discardStdin: false,
            hideCursor: false,
            isEnabled: true,
          }).start();
      });
    },
    stop() {
      wanted = false;
      spinner?.stop();
      spinner = undefined;
    },
  };
}

// Conversations as text. Pure; every line fits the width that is given, but for what a model or a person wrote.

import { count, formatDuration, localTime, neutralise, oneLine, shorten } from '../../base/text.ts';
import type { ConversationRow, RunTotals } from '../../history/conversations.ts';
import { changesBetween, type Message, type State } from '../../prompts/state.ts';
import type { Style } from '../../terminal/style.ts';
import { roughWidth } from '../../terminal/width.ts';
import { wrap } from '../../terminal/wrap.ts';
import { drawChange, figures, runCost, shortValue } from './words.ts';

export type Look = { readonly style: Style; readonly width: number };

const SIGNS: Record<State['status'], string> = { complete: '✓', error: '✗', streaming: '▸', idle: '○' };

export type Listed = { readonly row: ConversationRow; readonly run: RunTotals | undefined };

export function drawList(listed: readonly Listed[], { style, width }: Look): string {
  // Id, time, sign, messages, cost and the gaps take 50 columns.
  const room = Math.max(16, width - 50);
  return listed
    .map(({ row, run }) =>
      [
        style.accent(row.id.slice(0, 8)),
        style.dim(localTime(row.updated_at)),
        signOf(row.status, style),
        fit(row.name, room),
        count(row.messages, 'message').padStart(12),
        run === undefined ? '' : runCost(run),
      ]
        .join(' ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function signOf(status: State['status'], style: Style): string {
  const color = status === 'complete' ? style.good : status === 'error' ? style.bad : style.warn;
  return color(SIGNS[status]);
}

/** Exactly so many columns. */
function fit(text: string, columns: number): string {
  let shown = shorten(oneLine(text), columns);
  for (let length = columns - 1; roughWidth(shown) > columns; length -= 1) shown = shorten(oneLine(text), length);
  return shown + ' '.repeat(Math.max(0, columns - roughWidth(shown)));
}

/** The head, then everything that was said. */
export function drawConversation(state: State, run: RunTotals | undefined, look: Look): string {
  return `${drawHead(state, run, look)}\n${drawMessages(state, look)}${drawInput(state, look)}`;
}

function drawHead(state: State, run: RunTotals | undefined, { style, width }: Look): string {
  const forked = state.forked_from;
  const facts: [string, string | null][] = [
    ['Conversation', `${state.id} (${oneLine(state.name)})`],
    ['Prompt', `${oneLine(state.prompt)}${state.prompt_from === 'user' ? ', your own' : ''}`],
    ['Model', state.model === null ? null : oneLine(state.model)],
    ['Status', state.status],
    ['Kept', state.track ? null : 'nothing but figures (--no-track)'],
    ['History', state.chat ? null : 'not sent: every message stands alone (--no-chat)'],
    ['Task', state.task_id],
    ['Forked from', forked === null ? null : `${forked.id.slice(0, 8)}, message ${forked.at}`],
    ['Run', run === undefined ? state.run_id : `${state.run_id}: ${totals(run)}`],
    ...Object.entries(state.values).map(([name, value]): [string, string] => [
      `· ${name}`,
      shortValue(value, width - 16),
    ]),
  ];
  return facts
    .filter((fact): fact is [string, string] => fact[1] !== null)
    .map(([name, value]) => {
      const lines = wrap(value, { width: width - 14 }).split('\n');
      return `${style.dim(name.padEnd(12))}  ${lines.join(`\n${' '.repeat(14)}`)}\n`;
    })
    .join('');
}

function totals(run: RunTotals): string {
  const { calls, prompt_tokens, completion_tokens, total_ms } = run;
  return [
    count(calls, 'call'),
    `${prompt_tokens ?? '?'} + ${completion_tokens ?? '?'} tokens`,
    ...(total_ms === null ? [] : [formatDuration(total_ms)]),
    runCost(run),
  ].join(' · ');
}

export function drawMessages({ messages }: State, look: Look, from = 0): string {
  return messages
    .slice(from)
    .map((message) => `${drawMessage(message, messages[message.number - 2], look)}\n`)
    .join('');
}

/** What was said, what was different from the message before, the answer, its figures. */
function drawMessage(message: Message, before: Message | undefined, { style, width }: Look): string {
  const { number, status, sent_at, forgotten, inherited } = message;
  const about = [localTime(sent_at), oneLine(message.model), ...(inherited ? ['inherited'] : [])].join(' · ');
  const head = `${style.bold(`Message ${number}`)} ${signOf(status, style)} ${style.dim(about)}`;
  if (forgotten) return `${head}\n${style.dim('Its content was deleted.')}\n`;
  const changes = before === undefined || before.forgotten ? [] : changesBetween(before.values, message.values);
  const changed = changes.map(
    (change) => `${style.dim(wrap(`changed: ${drawChange(change)}`, { width, hanging: '  ' }))}\n`,
  );
  const prompt = message.prompt === null ? '' : `${style.dim(quoted(message.prompt))}\n`;
  const text = message.text === '' || message.text_inside ? '' : `${quoted(message.text)}\n`;
  const answer = message.answer === '' ? '' : `${neutralise(message.answer).trimEnd()}\n`;
  const error = message.error === null ? '' : `${style.bad(wrap(oneLine(message.error), { width, hanging: '  ' }))}\n`;
  const end = status === 'streaming' ? 'being answered' : figures(message);
  return `${head}\n${changed.join('')}${prompt}${text}\n${answer}${error}${style.dim(wrap(end, { width }))}\n`;
}

function quoted(text: string): string {
  return neutralise(text)
    .trimEnd()
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n');
}

function drawInput({ input, status }: State, { style, width }: Look): string {
  if (input === '') return '';
  const why = status === 'error' ? 'Waits to be sent again' : 'Waits to be sent';
  return `${style.dim(wrap(`${why}: ${shortValue(input, 300)}`, { width, hanging: '  ' }))}\n`;
}

/** The whole conversation as a Markdown document. */
export function markdown(state: State): string {
  const parts = state.messages.map((message) => {
    const answer = message.forgotten ? '_deleted_' : fenced(message.answer);
    const said = message.forgotten
      ? '_deleted_'
      : fenced([message.prompt, message.text_inside ? '' : message.text].filter((part) => part).join('\n\n'));
    const error = message.error === null ? '' : `\n\nError: ${oneLine(message.error)}`;
    return `## Message ${message.number}, ${localTime(message.sent_at)}\n\n${said}\n\n### Answer\n\n${answer}${error}\n\n${figures(message)}\n`;
  });
  const facts = [`- id: \`${state.id}\``, `- prompt: ${oneLine(state.prompt)}`, `- status: ${state.status}`];
  return `# ${oneLine(state.name)}\n\n${facts.join('\n')}\n\n${parts.join('\n')}`;
}

/** A fence that is longer than any in the text, so that the text cannot end it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${neutralise(text).replace(/\n$/, '')}\n${fence}`;
}

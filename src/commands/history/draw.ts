// Calls and figures as text. Pure; every line fits the width that is given.

import { formatDuration, localTime, neutralise, oneLine, shorten } from '../../base/text.ts';
import type { CallSummary, WholeCall } from '../../history/rows.ts';
import type { Stats, Sums } from '../../history/stats.ts';
import type { Style } from '../../terminal/style.ts';
import { roughWidth } from '../../terminal/width.ts';
import { wrap } from '../../terminal/wrap.ts';

type Look = { readonly style: Style; readonly width: number };

const SIGNS: Record<string, string> = { complete: '✓', error: '✗', running: '▸', pending: '○' };

/** `$0.0012`: two digits that count of what is less than a cent; `?` where it is unknown. */
export function money(usd: number | null): string {
  if (usd === null) return '?';
  if (usd === 0 || usd >= 0.01) return `$${usd.toFixed(2)}`;
  return `$${usd.toFixed(Math.min(10, 1 - Math.floor(Math.log10(usd))))}`;
}

export function drawList(calls: readonly CallSummary[], { style, width }: Look): string {
  // Id, time, sign, cost, duration and the gaps take 50 columns.
  const room = Math.max(24, width - 50);
  const name = Math.ceil(room * 0.55);
  return calls.map((call) => `${drawLine(call, style, [name, room - name])}\n`).join('');
}

function drawLine(call: CallSummary, style: Style, [name, model]: readonly [number, number]): string {
  const sign = SIGNS[call.status] ?? '?';
  const color = call.status === 'complete' ? style.good : call.status === 'error' ? style.bad : style.warn;
  return [
    style.accent(call.id.slice(0, 8)),
    style.dim(localTime(call.created_at)),
    color(sign),
    fit(call.task_id ?? call.template.replace(/^prompt_templates\//, ''), name),
    style.dim(fit(call.resolved_model ?? call.model ?? '-', model)),
    money(call.cost_usd).padStart(9),
    call.total_ms === null ? '' : formatDuration(call.total_ms).padStart(7),
  ]
    .join(' ')
    .trimEnd();
}

/** Exactly so many columns. */
function fit(text: string, columns: number): string {
  let shown = shorten(oneLine(text), columns);
  for (let length = columns - 1; roughWidth(shown) > columns; length -= 1) shown = shorten(oneLine(text), length);
  return shown + ' '.repeat(Math.max(0, columns - roughWidth(shown)));
}

const BEFORE = 40;
const AFTER = 120;

/** The place where the first term stands, on one line. Cut from the redacted text, so that no part of a secret is left. */
export function excerpt(call: WholeCall, terms: readonly string[]): { where: 'prompt' | 'answer'; text: string } {
  const wanted = terms.map((term) => plain(term.replace(/\*$/, '')));
  for (const where of ['answer', 'prompt'] as const) {
    const text = oneLine(call[where] ?? '');
    const flat = plain(text);
    const at = wanted.map((term) => flat.indexOf(term)).find((index) => index >= 0);
    if (at === undefined) continue;
    const from = Math.max(0, at - BEFORE);
    const cut = text.slice(from, at + AFTER).toWellFormed();
    return { where, text: `${from > 0 ? '…' : ''}${cut}${at + AFTER < text.length ? '…' : ''}` };
  }
  return { where: 'prompt', text: shorten(oneLine(call.prompt), BEFORE + AFTER) };
}

/** As the index compares: neither case nor accents count. With the length kept, so that a place in it is a place in the text. */
function plain(text: string): string {
  const composed = text.normalize('NFC');
  const bare = composed
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
  return bare.length === text.length ? bare : text.toLowerCase();
}

export function drawHits(calls: readonly WholeCall[], terms: readonly string[], look: Look): string {
  return calls
    .map((call) => {
      const { where, text } = excerpt(call, terms);
      const found = wrap(`${where}: ${text}`, { width: look.width, indent: '    ', hanging: '  ' });
      return `${drawList([call], look)}${look.style.dim(found)}\n`;
    })
    .join('');
}

export function drawCall(call: WholeCall, { style, width }: Look): string {
  const facts = factsOf(call).flatMap(([name, value]) => {
    if (value === null || value === '') return [];
    const lines = wrap(oneLine(value), { width: width - 14 }).split('\n');
    return [`${style.dim(name.padEnd(12))}  ${lines.join(`\n${' '.repeat(14)}`)}\n`];
  });
  const part = (title: string, text: string | null) =>
    text === null || text === '' ? '' : `\n${style.bold(title)}\n\n${neutralise(text).trimEnd()}\n`;
  const inputs = JSON.stringify(call.inputs, null, 2);
  return `${facts.join('')}${inputs === '{}' ? '' : part('Inputs', inputs)}${part('Prompt', call.prompt)}${part(call.status === 'complete' ? 'Answer' : 'What arrived of the answer', call.answer)}`;
}

function factsOf(call: WholeCall): [string, string | null][] {
  const tokens = [
    ['in', call.prompt_tokens],
    ['cached', call.cached_tokens],
    ['out', call.completion_tokens],
    ['reasoning', call.reasoning_tokens],
  ].flatMap(([name, value]) => (value === null ? [] : [`${value} ${name}`]));
  const times = [
    call.total_ms === null ? [] : [formatDuration(call.total_ms)],
    call.ttft_ms === null ? [] : [`first token after ${formatDuration(call.ttft_ms)}`],
  ].flat();
  const cost = call.cost_usd === null ? 'unknown' : money(call.cost_usd);
  return [
    ['Call', call.id],
    ['Made', localTime(call.created_at)],
    ['Status', call.review === null ? call.status : `${call.status}, ${call.review}`],
    ['Error', call.error],
    ['For', call.task_id === null ? call.source : `${call.source} ${call.task_id}`],
    ['Template', `${call.template} (${call.hash})`],
    ['Model', modelWords(call)],
    ['Ended', call.finish_reason],
    ['Attempts', call.attempts === null ? null : String(call.attempts)],
    ['Tokens', tokens.join(', ')],
    ['Cost', call.cost_source === null ? cost : `${cost} (${call.cost_source})`],
    ['Time', times.join(', ')],
  ];
}

function modelWords({ model, resolved_model }: CallSummary): string {
  const asked = model ?? '-';
  return resolved_model === null || resolved_model === asked ? asked : `${resolved_model} (asked for ${asked})`;
}

/** Calls, failed, cost, unknown, median, p95. */
const CELLS = [7, 7, 10, 7, 7, 7];

export function drawStats({ total, groups }: Stats, by: string, { style, width }: Look): string {
  const name = Math.max(16, width - CELLS.reduce((sum, cell) => sum + cell + 1, 0));
  const row = (key: string, cells: readonly string[]) =>
    `${fit(key, name)}${cells.map((cell, index) => ` ${cell.padStart(CELLS[index] ?? 8)}`).join('')}\n`;
  const cells = (sums: Sums) => [
    String(sums.calls),
    String(sums.failures),
    money(sums.cost_usd),
    String(sums.cost_unknown),
    sums.median_ms === null ? '-' : formatDuration(sums.median_ms),
    sums.p95_ms === null ? '-' : formatDuration(sums.p95_ms),
  ];
  const head = style.dim(row(by, ['calls', 'failed', 'cost', 'unknown', 'median', 'p95']));
  const rows = groups.map((group) => row(group.key ?? '(none)', cells(group)));
  const notes = [
    total.cost_unknown > 0 ? `The cost of ${total.cost_unknown} is unknown and in no sum.` : '',
    total.deleted > 0 ? `${total.deleted} of them deleted: their cost still counts.` : '',
    total.open > 0 ? `${total.open} not settled yet.` : '',
  ].filter((note) => note !== '');
  return `${head}${rows.join('')}${style.bold(row('total', cells(total)))}${notes.map((note) => `${note}\n`).join('')}`;
}

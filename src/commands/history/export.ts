// `orchestrate history export`: whole calls as JSON lines or as Markdown, oldest first. Reads only.

import type { App } from '../../app.ts';
import { ok } from '../../base/result.ts';
import { localTime, neutralise, oneLine } from '../../base/text.ts';
import type { WholeCall } from '../../history/rows.ts';
import { writeJson } from '../../terminal/io.ts';
import { fail } from '../outcome.ts';
import { money } from './draw.ts';
import { type FilterOptions, filterOf, withReader } from './open.ts';

export type ExportOptions = FilterOptions & { readonly format: 'jsonl' | 'markdown' };

/** With --json one document with all of them. */
export async function exportCalls(app: App, options: ExportOptions): Promise<number> {
  const filter = filterOf(options);
  if (!filter.ok) return fail(app.io, filter.error);
  const kept: WholeCall[] = [];
  const put = (call: WholeCall) => {
    if (app.io.json) kept.push(call);
    else
      app.io.out(options.format === 'jsonl' ? `${JSON.stringify({ schema_version: 1, ...call })}\n` : markdown(call));
  };
  const done = await withReader(app, (reader) => reader?.each(filter.value, put) ?? ok(undefined));
  if (!done.ok) return fail(app.io, done.error);
  if (app.io.json) writeJson(app.io, { calls: kept });
  return 0;
}

export function markdown(call: WholeCall): string {
  const facts = [
    `- id: \`${call.id}\``,
    `- made: ${call.created_at}`,
    `- model: ${oneLine(call.resolved_model ?? call.model ?? '-')}`,
    `- status: ${call.status}${call.review === null ? '' : `, ${call.review}`}`,
    ...(call.error === null ? [] : [`- error: ${oneLine(call.error)}`]),
    `- cost: ${call.cost_usd === null ? 'unknown' : money(call.cost_usd)}`,
  ];
  const title = `## ${oneLine(call.task_id ?? call.template)}, ${localTime(call.created_at)}`;
  return `${title}\n\n${facts.join('\n')}\n\n### Prompt\n\n${fenced(call.prompt)}\n\n### Answer\n\n${fenced(call.answer ?? '')}\n\n`;
}

/** A fence that is longer than any in the text, so that the text cannot end it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${neutralise(text).replace(/\n$/, '')}\n${fence}`;
}

// `orchestrate quickie list`, `show`, `stats`: read only.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { localTime, oneLine } from '../../base/text.ts';
import type { Page } from '../../history/reader.ts';
import type { CallSummary, WholeCall } from '../../history/rows.ts';
import { statsOf } from '../../history/stats.ts';
import { type Io, writeJson } from '../../terminal/io.ts';
import { drawCall, drawList, drawStats } from '../history/draw.ts';
import { filterOf } from '../history/open.ts';
import { fail } from '../outcome.ts';
import { unknownQuickie, wholeId, withHistory } from './open.ts';

const NONE: Page<never> = { calls: [], more: false };

export type ListOptions = {
  readonly template?: string;
  readonly hash?: string;
  readonly status?: string;
  readonly limit: number;
};

export async function list(app: App, { limit, ...wanted }: ListOptions): Promise<number> {
  const { io } = app;
  const filter = filterOf({ ...wanted, source: 'quickie' });
  if (!filter.ok) return fail(io, filter.error);
  const page = await withHistory(app, (reader) => reader?.list(filter.value, limit) ?? ok(NONE));
  if (!page.ok) return fail(io, page.error);
  const { calls, more } = page.value;
  if (io.json) writeJson(io, { quickies: calls.map(inColumns), more });
  else {
    io.out(drawList(calls, io));
    if (calls.length === 0) io.err('No such quickies.\n');
    if (more) io.err('There are older ones: --limit shows more.\n');
  }
  return 0;
}

export async function show(app: App, { id }: { readonly id: string }): Promise<number> {
  const { io } = app;
  const call = await withHistory(app, (reader): Result<WholeCall, Failure> => {
    const whole = wholeId(reader, id);
    if (!whole.ok) return whole;
    const found = reader?.show(whole.value) ?? ok(undefined);
    if (!found.ok) return found;
    return found.value === undefined ? err(unknownQuickie(id)) : ok(found.value);
  });
  if (!call.ok) return fail(io, call.error);
  if (io.json) writeJson(io, { quickie: wholeInColumns(call.value) });
  else io.out(`${drawCall(call.value, io)}${metadataText(call.value, io)}`);
  return 0;
}

/** What a person gave with `--meta`, and what it repeats. */
function metadataText({ metadata }: WholeCall, { style }: Io): string {
  const { provider: _p, alias: _a, ...own } = (metadata ?? {}) as Record<string, unknown>;
  const lines = Object.entries(own).map(([key, value]) => `${oneLine(key)}: ${oneLine(String(value))}\n`);
  return lines.length === 0 ? '' : `\n${style.bold('Metadata')}\n\n${lines.join('')}`;
}

/** The names of S000's table. */
function inColumns({ template, hash, ...rest }: CallSummary): Record<string, unknown> {
  const { id, ...others } = rest;
  return { id, template_name: template, prompt_hash: hash, ...others };
}

function wholeInColumns({
  prompt,
  answer,
  data,
  inputs,
  metadata,
  template_text,
  ...summary
}: WholeCall): Record<string, unknown> {
  return {
    ...inColumns(summary),
    prompt_text: prompt,
    input_params: inputs,
    output: data === undefined ? answer : data,
    text: answer,
    metadata,
    template_text,
  };
}

const GROUPINGS = ['template', 'hash', 'model'] as const;
export type QuickieGrouping = (typeof GROUPINGS)[number];

/** By all three where none is named. */
export async function stats(app: App, { by }: { readonly by?: QuickieGrouping }): Promise<number> {
  const { io } = app;
  const figures = await withHistory(app, (reader) => reader?.figures({ source: 'quickie' }) ?? ok([]));
  if (!figures.ok) return fail(io, figures.error);
  const day = (iso: string) => localTime(iso).slice(0, 10);
  const groups = (by === undefined ? GROUPINGS : [by]).map((each) => ({
    by: each,
    ...statsOf(figures.value, each, day),
  }));
  if (io.json) writeJson(io, { stats: groups });
  else if (figures.value.length === 0) io.err('No quickies were run.\n');
  else io.out(groups.map(({ by: each, ...sums }) => drawStats(sums, each, io)).join('\n'));
  return 0;
}

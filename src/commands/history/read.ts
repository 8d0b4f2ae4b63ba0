// `orchestrate history list`, `search`, `show`, `stats`: read only.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { localTime } from '../../base/text.ts';
import { searchTerms } from '../../history/filter.ts';
import type { Page } from '../../history/reader.ts';
import type { CallSummary, WholeCall } from '../../history/rows.ts';
import { type Grouping, type Stats, statsOf } from '../../history/stats.ts';
import { writeJson } from '../../terminal/io.ts';
import { fail } from '../outcome.ts';
import { drawCall, drawHits, drawList, drawStats, excerpt } from './draw.ts';
import { type FilterOptions, filterOf, oneId, unknownCall, withReader } from './open.ts';

export type ListOptions = FilterOptions & { readonly lines: number };

const NONE: Page<never> = { calls: [], more: false };

export async function list(app: App, options: ListOptions): Promise<number> {
  const filter = filterOf(options);
  if (!filter.ok) return fail(app.io, filter.error);
  const page = await withReader(app, (reader) => reader?.list(filter.value, options.lines) ?? ok(NONE));
  if (!page.ok) return fail(app.io, page.error);
  if (app.io.json) writeJson(app.io, page.value);
  else app.io.out(drawList(page.value.calls, app.io));
  return tellRest(app, page.value);
}

export async function search(app: App, options: ListOptions & { readonly words: readonly string[] }): Promise<number> {
  const terms = searchTerms(options.words.join(' '));
  const filter = filterOf(options);
  if (!filter.ok) return fail(app.io, filter.error);
  if (terms.length === 0)
    return fail(app.io, {
      code: 'usage',
      message: 'there is no word to search for',
      advice: 'name one, or "a phrase"',
    });
  const page = await withReader(app, (reader) => reader?.search(terms, filter.value, options.lines) ?? ok(NONE));
  if (!page.ok) return fail(app.io, page.error);
  if (app.io.json)
    writeJson(app.io, { calls: page.value.calls.map((call) => jsonHit(call, terms)), more: page.value.more });
  else app.io.out(drawHits(page.value.calls, terms, app.io));
  return tellRest(app, page.value);
}

function jsonHit(call: WholeCall, terms: readonly string[]): Record<string, unknown> {
  const { prompt: _p, answer: _a, data: _d, inputs: _i, metadata: _m, template_text: _t, ...summary } = call;
  return { ...summary, excerpt: excerpt(call, terms) };
}

function tellRest(app: App, { calls, more }: Page<CallSummary>): number {
  if (app.io.json) return 0;
  if (calls.length === 0) app.io.err('No such calls.\n');
  if (more) app.io.err('There are older ones: -n shows more.\n');
  return 0;
}

export async function show(app: App, { id }: { readonly id: string }): Promise<number> {
  const call = await withReader(app, (reader): Result<WholeCall, Failure> => {
    if (reader === undefined) return err(unknownCall(id));
    const found = reader.find(id);
    if (!found.ok) return found;
    const one = oneId(id, found.value);
    if (!one.ok) return one;
    const whole = reader.show(one.value);
    if (!whole.ok) return whole;
    return whole.value === undefined ? err(unknownCall(id)) : ok(whole.value);
  });
  if (!call.ok) return fail(app.io, call.error);
  if (app.io.json) writeJson(app.io, { call: call.value });
  else app.io.out(drawCall(call.value, app.io));
  return 0;
}

export async function stats(app: App, options: FilterOptions & { readonly by: Grouping }): Promise<number> {
  const filter = filterOf(options);
  if (!filter.ok) return fail(app.io, filter.error);
  const day = (iso: string) => localTime(iso).slice(0, 10);
  const figures = await withReader(app, (reader): Result<Stats, Failure> => {
    const all = reader?.figures(filter.value) ?? ok([]);
    return all.ok ? ok(statsOf(all.value, options.by, day)) : all;
  });
  if (!figures.ok) return fail(app.io, figures.error);
  if (app.io.json) writeJson(app.io, { by: options.by, ...figures.value });
  else if (figures.value.total.calls === 0) app.io.err('No such calls.\n');
  else app.io.out(drawStats(figures.value, options.by, app.io));
  return 0;
}

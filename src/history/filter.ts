// Which calls are meant: a filter and words to look for, as SQL. Knows the columns, runs nothing.

export type CallFilter = {
  readonly source?: string;
  readonly task?: string;
  readonly template?: string;
  /** The beginning of the template's hash. */
  readonly hash?: string;
  /** As asked for, or as the server named it. */
  readonly model?: string;
  readonly status?: string;
  /** ISO 8601 in UTC, both inclusive. */
  readonly since?: string;
  readonly until?: string;
};

export type Condition = { readonly sql: string; readonly values: readonly unknown[] };

/** Deleted calls are cost lines: they count in sums and are found nowhere else. */
export function conditionOf(filter: CallFilter, deleted: 'without' | 'with' = 'without'): Condition {
  const parts: [string, readonly unknown[]][] = deleted === 'with' ? [] : [['quickies.deleted_at IS NULL', []]];
  const equal = (column: string, value: string | undefined) => {
    if (value !== undefined) parts.push([`quickies.${column} = ?`, [value]]);
  };
  equal('source', filter.source);
  equal('task_id', filter.task);
  equal('template_name', filter.template);
  equal('status', filter.status);
  if (filter.hash !== undefined) parts.push(['quickies.prompt_hash BETWEEN ? AND ?', prefixRange(filter.hash)]);
  if (filter.model !== undefined)
    parts.push(['(quickies.model = ? OR quickies.resolved_model = ?)', [filter.model, filter.model]]);
  if (filter.since !== undefined) parts.push(['quickies.created_at >= ?', [filter.since]]);
  if (filter.until !== undefined) parts.push(['quickies.created_at <= ?', [filter.until]]);
  return {
    sql: parts.length === 0 ? '1' : parts.map(([sql]) => sql).join(' AND '),
    values: parts.flatMap(([, values]) => values),
  };
}

/** All texts that begin so: an index serves a range, LIKE it does not. */
export function prefixRange(prefix: string): [string, string] {
  return [prefix.toLowerCase(), `${prefix.toLowerCase()}\u{10FFFF}`];
}

/** The words and "quoted phrases" of a search; a star at the end of a word asks for its beginning. */
export function searchTerms(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"\*?|(\S+)/g)]
    .map(([whole, phrase]) => (phrase === undefined ? whole : phrase).replaceAll('"', ''))
    .filter((term) => /[\p{L}\p{N}\p{Co}]/u.test(term));
}

/** For FTS5, every term quoted, so that none is an operator: all must be there, in the prompt or in the answer. */
export function matchExpression(terms: readonly string[]): string {
  return terms.map((term) => (term.endsWith('*') ? `"${term.slice(0, -1)}"*` : `"${term}"`)).join(' AND ');
}

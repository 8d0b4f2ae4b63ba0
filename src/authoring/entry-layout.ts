// Lays a new entry out as the ones before it: a blank line between entries, short lists on one line. Pure; changes only the new entry.

/**
 * `after` is `before` with one entry added at the end of its task list, in block style. The result says the same as `after`, which
 * the caller has to see to; where the entry is not found it is `after` itself.
 */
export function layOut(before: string, after: string): string {
  const start = commonLines(before, after);
  const end = after.length - (before.length - start);
  const entry = after.slice(start, end);
  const indent = /^([ \t]*)- /.exec(entry)?.[1];
  // A splice that does more than put lines in is left as it is.
  if (indent === undefined || after.slice(end) !== before.slice(start)) return after;
  const newline = entry.includes('\r\n') ? '\r\n' : '\n';
  const apart = blankBefore(before.slice(0, start), indent) && !/(^|\n)\r?\n$/.test(before.slice(0, start));
  const lines = /depends_on: *\[/.test(before) ? withInlineList(entry) : entry;
  return after.slice(0, start) + (apart ? newline : '') + lines + after.slice(end);
}

/** Offset of the first line that differs. */
function commonLines(before: string, after: string): number {
  let start = 0;
  for (
    let line = lineAt(before, start);
    line !== '' && line.endsWith('\n') && line === lineAt(after, start);
    line = lineAt(before, start)
  )
    start += line.length;
  return start;
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.slice(start) : text.slice(start, end + 1);
}

/** Whether the last entry stands apart from the one before it; comments may stand in between. */
function blankBefore(text: string, indent: string): boolean {
  const lines = text.split(/\r?\n/);
  const starts = lines.flatMap((line, index) => (line.startsWith(`${indent}- `) ? [index] : []));
  let index = (starts.at(-1) ?? 0) - 1;
  while (lines[index]?.trimStart().startsWith('#')) index -= 1;
  return starts.length > 1 && lines[index]?.trim() === '';
}

/** `depends_on:` with its items below becomes `depends_on: [a, b]`; plain items only, which ids nearly always are. */
function withInlineList(entry: string): string {
  return entry.replace(
    /(depends_on:)((?:\r?\n[ \t]*- [A-Za-z][\w.-]*(?=\r?\n))+)/,
    (_, key: string, items: string) =>
      `${key} [${[...items.matchAll(/- (.*)/g)].map(([, id]) => id?.trim()).join(', ')}]`,
  );
}

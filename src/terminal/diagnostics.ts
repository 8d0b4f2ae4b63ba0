// Draws problems: file:line:column, the line, a caret, what to do. Pure: text in, text out.

import { type Diagnostic, lineColumn, lineStart, type Place } from '../base/diagnostic.ts';
import { count, neutralise, oneLine } from '../base/text.ts';
import type { Style } from './style.ts';
import { roughWidth } from './width.ts';

const MAX_LINE = 100;

/** `runbook.yaml:12:5`, or just the file where no position is known. */
export function placeText(place: Place): string {
  const file = oneLine(place.file);
  if (place.at) return [file, place.at.line, ...(place.at.column ? [place.at.column] : [])].join(':');
  if (place.text === undefined || place.span === undefined || place.text === '') return file;
  const { line, column } = lineColumn(place.text, place.span.start);
  return `${file}:${line}:${column}`;
}

/** All problems, one block each, and a last line that counts them. */
export function drawDiagnostics(diagnostics: readonly Diagnostic[], style: Style): string {
  const blocks = diagnostics.map((diagnostic) => drawDiagnostic(diagnostic, style));
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const summary = [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : '']
    .filter((part) => part !== '')
    .join(', ');
  return diagnostics.length > 1 ? `${blocks.join('\n')}\n${summary}\n` : blocks.join('\n');
}

export function drawDiagnostic({ severity, message, place, related = [], advice }: Diagnostic, style: Style): string {
  const label = severity === 'error' ? style.bad('error') : style.warn('warning');
  const where = place ? `${style.bold(placeText(place))}: ` : '';
  const lines = [`${where}${label}: ${oneLine(message)}`];
  if (place) lines.push(...excerpt(place, style));
  for (const other of related) {
    lines.push(`  ${oneLine(other.message)}: ${placeText(other.place)}`, ...excerpt(other.place, style));
  }
  if (advice !== undefined) lines.push(`  ${style.accent('→')} ${oneLine(advice)}`);
  return `${lines.join('\n')}\n`;
}

/** The line with a caret under the part that is meant; long lines are cut around it. */
function excerpt({ text, span }: Place, style: Style): string[] {
  if (text === undefined || span === undefined || text === '') return [];
  const { line } = lineColumn(text, span.start);
  const start = lineStart(text, span.start);
  const full = /[^\r\n]*/.exec(text.slice(start))?.[0] ?? '';
  const at = Math.min(span.start - start, full.length);
  const from = at > MAX_LINE - 30 ? at - 40 : 0;
  const to = Math.min(from + MAX_LINE, full.length);
  const shown = neutralise(full.slice(from, to)).replaceAll('\t', ' ');
  const caret =
    ' '.repeat(roughWidth(full.slice(from, at))) +
    '^'.repeat(Math.max(1, roughWidth(full.slice(at, Math.min(span.end - start, to)))));
  const gutter = String(line).padStart(5);
  return [`${style.dim(`${gutter} |`)} ${shown}`, `${style.dim(`${' '.repeat(5)} |`)} ${style.bad(caret)}`];
}

// Changes values in a YAML text and nothing else: every byte outside of an edit stays as it is, and the result is read back
// and compared before it is handed out. Knows neither files nor runbooks.
// It imports `yaml`: load it only from what is itself loaded on demand.

import { err, ok, type Result } from '../base/result.ts';
import type { YamlPath } from '../base/yaml-path.ts';
import { applied, type Data, sameData } from './patch/data.ts';
import { type Plan, plan } from './patch/plan.ts';
import { readSource, type Source } from './patch/source.ts';
import type { PatchRefusal, Splice, YamlEdit } from './patch/types.ts';

export type { YamlPath } from '../base/yaml-path.ts';
export type { PatchRefusal, PlainValue, YamlEdit } from './patch/types.ts';

/**
 * Applies the edits in order; a later one sees what an earlier one did. All of them or none: the first that is not possible
 * refuses the whole. A `set` to what is there already, and a `remove` of what is not, change nothing.
 */
export function patchYaml(text: string, edits: readonly YamlEdit[]): Result<string, PatchRefusal> {
  const source = readSource(text);
  if (!source.ok) return source;
  let batch = emptyBatch(source.value);
  const queue = [...edits];
  for (let edit = queue.shift(); edit !== undefined; edit = queue.shift()) {
    const next: Plan | undefined = isRelated(batch, edit) ? undefined : plan(batch.source, edit);
    const joins = next?.kind === 'nothing' || (next?.kind === 'splices' && isApart(batch, next.splices));
    if (joins && next !== undefined) {
      batch = withEdit(batch, edit, next);
    } else if (batch.edits.length > 0) {
      const written = write(batch);
      if (!written.ok) return written;
      batch = emptyBatch(written.value);
      queue.unshift(edit);
    } else if (next?.kind === 'edits') {
      queue.unshift(...next.edits);
    } else {
      return err(next as Extract<Plan, { kind: 'refused' }>);
    }
  }
  const written = write(batch);
  return written.ok ? ok(written.value.text) : written;
}

/**
 * Edits that do not get in each other's way, found in one reading of the text and verified by one reading of the result,
 * because reading is what costs time.
 */
type Batch = {
  readonly source: Source;
  readonly edits: readonly YamlEdit[];
  readonly splices: readonly Splice[];
  /** What the text has to say when the splices are done. */
  readonly expected: Data;
};

function emptyBatch(source: Source): Batch {
  return { source, edits: [], splices: [], expected: source.data };
}

function withEdit(batch: Batch, edit: YamlEdit, next: Plan): Batch {
  if (next.kind !== 'splices') return batch;
  return {
    source: batch.source,
    edits: [...batch.edits, edit],
    splices: [...batch.splices, ...next.splices],
    expected: applied(batch.expected, edit),
  };
}

/** Whether an edit of the batch may change what this one finds. */
function isRelated(batch: Batch, edit: YamlEdit): boolean {
  const scope = scopeOf(edit);
  return batch.edits.some((other) => isPrefix(scope, scopeOf(other)) || isPrefix(scopeOf(other), scope));
}

/** A removal can leave its mapping empty, which concerns the whole mapping. */
function scopeOf(edit: YamlEdit): YamlPath {
  return edit.kind === 'remove' ? edit.path.slice(0, -1) : edit.path;
}

function isPrefix(path: YamlPath, other: YamlPath): boolean {
  return path.every((segment, index) => segment === other[index]);
}

/** Splices with nothing but blanks between them could end up in the wrong order: both add to the same place. */
function isApart(batch: Batch, splices: readonly Splice[]): boolean {
  const { text } = batch.source;
  const isBefore = (one: Splice, other: Splice): boolean =>
    one.end < other.start && !/^[ \t]*$/.test(text.slice(one.end, other.start));
  return splices.every((one) => batch.splices.every((other) => isBefore(one, other) || isBefore(other, one)));
}

function write(batch: Batch): Result<Source, PatchRefusal> {
  if (batch.splices.length === 0) return ok(batch.source);
  const written = readSource(spliced(batch.source.text, batch.splices));
  if (written.ok && sameData(written.value.data, batch.expected)) return written;
  const reason = 'the file is written in a way in which this change would alter something else in it';
  return err({ kind: 'refused', path: batch.edits.at(-1)?.path ?? [], reason });
}

function spliced(text: string, splices: readonly Splice[]): string {
  let result = '';
  let copied = 0;
  for (const { start, end, text: added } of splices.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(copied, start) + added;
    copied = end;
  }
  return result + text.slice(copied);
}

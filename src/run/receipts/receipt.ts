// What a receipt says of a task that became DONE: what it was made from, what it made, which checks held (design.md §6). Data only.

import type { ReceiptRow } from '../../journal/receipts.ts';
import type { TaskId } from '../../runbook/task.ts';
import type { Marks } from './definition.ts';
import type { Fingerprint } from './fingerprint.ts';

/** `fallback`: the template of a further attempt. `output`: the artifact of the task `of`. `attachment`: what a person's note names. */
export type InputKind =
  | 'script'
  | 'env_file'
  | 'template'
  | 'partial'
  | 'fallback'
  | 'context'
  | 'output'
  | 'attachment';

export type NamedInput = { readonly kind: InputKind; readonly file: string; readonly of?: TaskId };

export type Input = NamedInput & {
  readonly was: Fingerprint;
  /** Where the task itself changed it: what it left. */
  readonly left?: Fingerprint;
};

/** How things were before the task began. */
export type Begun = { readonly definition: Marks; readonly values: Marks; readonly inputs: readonly Input[] };

export type Receipt = Begun & {
  /** The `output_artifact`. */
  readonly artifact?: Fingerprint;
  /** What the static checks looked at. */
  readonly files: readonly Fingerprint[];
  /** Marks of the labels of the checks that held: a label may hold what is replaced as a secret wherever it is kept. */
  readonly held: readonly string[];
};

/** The receipt in a row; undefined where it has none: written by hand, or by an older version. */
export function receiptIn(row: ReceiptRow): Receipt | undefined {
  const { receipt } = row.details as { receipt?: Partial<Receipt> };
  if (receipt === undefined || typeof receipt !== 'object' || receipt === null) return undefined;
  const { definition = {}, values = {}, inputs = [], files = [], held = [], artifact } = receipt;
  return { definition, values, inputs, files, held, ...(artifact ? { artifact } : {}) };
}

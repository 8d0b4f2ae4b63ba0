// How it is told whether a DONE task can be trusted, and what its receipt says. Pure.

import { count, localTime, oneLine } from '../base/text.ts';
import type { ReceiptRow } from '../journal/receipts.ts';
import { receiptIn } from '../run/receipts/receipt.ts';
import type { Reason, Trust } from '../run/receipts/stale.ts';
import type { Task } from '../runbook/task.ts';

/** For `--json`: the verdict with its reasons, and the receipt. */
export function jsonTrust(trust: Trust | undefined): Record<string, unknown> {
  if (trust === undefined) return { evidence: null };
  const row = trust.kind === 'unverified' ? undefined : trust.row;
  return {
    evidence: trust.kind,
    reasons: trust.kind === 'stale' ? trust.reasons : [],
    receipt: row === undefined ? null : jsonReceipt(row),
  };
}

function jsonReceipt(row: ReceiptRow): Record<string, unknown> {
  const { receipt: _, evidence, ...facts } = row.details;
  const receipt = receiptIn(row);
  return {
    at: row.at,
    run_id: row.runId,
    actor: row.actor,
    event: row.event,
    ...facts,
    checks: evidence ?? [],
    artifact: receipt?.artifact ?? null,
    inputs: receipt?.inputs ?? [],
    files: receipt?.files ?? [],
  };
}

/** When it became DONE, by whom, and on what grounds, as the rest of a sentence. */
export function receiptWords(row: ReceiptRow): string {
  const { note, exit_code, forced, confirmed, edited_by_hand, by } = row.details;
  // `done` outside a terminal: who typed it is not known, but orchestrate did not decide it.
  const actor = by === 'command' && row.actor === 'orchestrate' ? 'command' : row.actor;
  const receipt = receiptIn(row);
  const made = receipt?.inputs.filter(({ kind }) => kind !== 'attachment') ?? [];
  const isAttached = made.length < (receipt?.inputs.length ?? 0);
  const grounds = [
    typeof exit_code === 'number' ? `exit code ${exit_code}` : '',
    receipt && receipt.held.length > 0 ? `${count(receipt.held.length, 'check')} held` : '',
    receipt?.artifact ? `wrote ${oneLine(receipt.artifact.file)}` : '',
    made.length > 0 ? `made from ${count(made.length, 'file')}` : '',
    edited_by_hand === true ? 'the answer was edited by a person' : '',
    forced === true ? '--force' : '',
    typeof note === 'string' && note !== '' ? `${isAttached ? 'attached' : 'note'}: ${oneLine(note)}` : '',
  ].filter((part) => part !== '');
  return [`${confirmed === true ? 'confirmed ' : ''}${localTime(row.at)} by ${oneLine(actor)}`, ...grounds].join(', ');
}

/** What a person can do about a stale task. */
export function adviceFor({ id }: Pick<Task, 'id'>, reasons: readonly Reason[]): string[] {
  const fails = reasons.some(({ code }) => code === 'check');
  const redo = `to do it again: orchestrate reset ${id}`;
  return fails ? [redo] : [`it is right as it is: orchestrate done ${id}`, redo];
}

// Why a task is DONE: the line of the log that says so, kept beside the entry that made it. Does not know what stands in the details.

import { type Db, prepared } from '../database/open.ts';
import type { LogLine } from '../events/types.ts';

export type ReceiptRow = {
  /** The entry of the journal that made the task DONE. */
  readonly seq: number;
  readonly taskId: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly runId: string;
  /** Who did it: `person`, `orchestrate`, `auto_accept`, or `--yes`. */
  readonly actor: string;
  /** `STATUS_EDITED`: a person set it so by hand. */
  readonly event: 'COMPLETE_TASK' | 'STATUS_EDITED';
  readonly details: Readonly<Record<string, unknown>>;
};

/** In the transaction of the entry. */
export function keepReceipts(db: Db, seq: number, lines: readonly LogLine[]): void {
  const done = lines.filter(isDone);
  if (done.length === 0) return;
  const insert = prepared(
    db,
    'INSERT OR REPLACE INTO receipts (seq, task_id, at, run_id, actor, event, details) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  for (const { task_id, timestamp, run_id, actor, event_type, details } of done) {
    const event: ReceiptRow['event'] = event_type === 'STATUS_EDITED' ? event_type : 'COMPLETE_TASK';
    insert.run(seq, task_id, timestamp, run_id, actor, event, JSON.stringify(details ?? {}));
  }
}

/** What was done on another machine has no receipt here, and that of an earlier time must not stand for it. */
function isDone({ event_type, status_change }: LogLine): boolean {
  const isElsewhere = event_type === 'STATUS_EDITED' || event_type === 'STATE_IMPORTED';
  return event_type === 'COMPLETE_TASK' || (isElsewhere && status_change?.endsWith('-> DONE') === true);
}

export function withdrawReceipts(db: Db, seq: number): void {
  db.prepare('DELETE FROM receipts WHERE seq = ?').run(seq);
}

/** An entry that was taken back, or that a person's value overruled, makes nothing DONE. */
const TAKEN_BACK = `SELECT seq FROM journal WHERE state IN ('undone', 'overruled')`;

/** Those that a newer one replaces, and those that were taken back. */
export function dropOldReceipts(db: Db, before: number): void {
  db.prepare(
    `DELETE FROM receipts WHERE seq < ? AND (seq IN (${TAKEN_BACK})
       OR EXISTS (SELECT 1 FROM receipts AS newer WHERE newer.task_id = receipts.task_id AND newer.seq > receipts.seq AND newer.seq < ?
                  AND newer.seq NOT IN (${TAKEN_BACK})))`,
  ).run(before, before);
}

type Columns = Omit<ReceiptRow, 'taskId' | 'runId' | 'details'> & { task_id: string; run_id: string; details: string };

/** The newest of each task that counts. */
export function receiptsOf(db: Db): Map<string, ReceiptRow> {
  const rows = db.prepare<[], Columns>(`SELECT * FROM receipts WHERE seq NOT IN (${TAKEN_BACK}) ORDER BY seq`).all();
  return new Map(
    rows.map(({ task_id: taskId, run_id: runId, details, ...row }) => [
      taskId,
      { ...row, taskId, runId, details: JSON.parse(details) as Record<string, unknown> },
    ]),
  );
}

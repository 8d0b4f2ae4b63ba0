// What happens to the events of conversations when the history changes afterwards: content that is forgotten with its call, costs that
// are computed anew. Knows the fields of the events by name.

import type { Db } from '../database/open.ts';
import { timestamp } from '../system/clock.ts';

/** Only what is there is emptied: the rest of an event is figures. */
const EMPTIED = `json_set(json_replace(data, '$.text', '', '$.prompt', NULL, '$.values', json('{}'), '$.origins', json('{}'), '$.answer', '',
    '$.error', NULL), '$.forgotten', json('true'))`;

const OF_CALLS = `call_id IN (SELECT value FROM json_each(@calls))`;

/** Texts that waited to be sent went with the message that came next. */
const FORGET_INPUTS = `UPDATE conversation_events SET data = json_set(data, '$.text', '', '$.forgotten', json('true'))
  WHERE kind = 'input' AND EXISTS (SELECT 1 FROM conversation_events AS sent
    WHERE sent.conversation_id = conversation_events.conversation_id AND sent.kind = 'sent' AND sent.seq > conversation_events.seq
      AND sent.${OF_CALLS})`;

/** Where no message is left that is known, nor are the values that they were sent with. */
const FORGET_VALUES = `UPDATE conversation_events SET data = json_set(data, '$.values', json('{}'))
  WHERE kind IN ('started', 'set') AND conversation_id IN
    (SELECT conversation_id FROM conversation_events WHERE ${OF_CALLS})
    AND NOT EXISTS (SELECT 1 FROM conversation_events AS sent WHERE sent.conversation_id = conversation_events.conversation_id
      AND sent.kind = 'sent' AND coalesce(json_extract(sent.data, '$.forgotten'), 0) = 0)`;

const FORGET_RUN_VALUES = `UPDATE runs SET variables = '{}' WHERE id IN
  (SELECT run_id FROM conversations WHERE id IN (SELECT conversation_id FROM conversation_events WHERE ${OF_CALLS}))
  AND NOT EXISTS (SELECT 1 FROM conversations JOIN conversation_events ON conversation_id = conversations.id
    WHERE run_id = runs.id AND kind IN ('started', 'set') AND json_extract(data, '$.values') <> '{}')`;

/** To be called inside the transaction that forgets the calls. */
export function forgetMessages(db: Db, calls: readonly string[]): void {
  const given = { calls: JSON.stringify(calls) };
  for (const sql of [
    `UPDATE conversation_events SET data = ${EMPTIED} WHERE ${OF_CALLS}`,
    FORGET_INPUTS,
    FORGET_VALUES,
    FORGET_RUN_VALUES,
  ])
    db.prepare(sql).run(given);
}

type NewCost = { readonly id: string; readonly usd: number; readonly source: string };

/** To be called inside the transaction that changes the costs of the calls: messages go on to say what their calls say. */
export function repriceMessages(db: Db, costs: readonly NewCost[]): void {
  const holders = db.prepare<[string], { id: string; seq: number }>(
    `SELECT conversations.id, last_seq AS seq FROM conversations JOIN conversation_events ON conversation_id = conversations.id
     WHERE call_id = ? AND kind = 'settled'`,
  );
  const add = db.prepare(
    `INSERT INTO conversation_events (conversation_id, seq, at, kind, call_id, data) VALUES (?, ?, ?, 'repriced', ?, ?)`,
  );
  const count = db.prepare('UPDATE conversations SET last_seq = ? WHERE id = ?');
  const at = timestamp();
  for (const { id: call, usd, source } of costs) {
    const data = JSON.stringify({ call_id: call, cost_usd: usd, cost_source: source });
    for (const { id, seq } of holders.all(call)) {
      add.run(id, seq + 1, at, call, data);
      count.run(seq + 1, id);
    }
  }
}

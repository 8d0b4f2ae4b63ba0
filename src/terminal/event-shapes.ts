// The shapes of the events that `run --json` writes, as one JSON Schema: a promise to whoever reads them (docs/events.md). Loads zod: to
// be imported dynamically.

import * as z from 'zod/mini';
import type { News } from '../run/ports.ts';
import { STATUSES, TASK_TYPES } from '../runbook/words.ts';

type Snake<Text extends string> = Text extends `${infer Head}-${infer Tail}` ? `${Head}_${Snake<Tail>}` : Text;
/** What streams is left out: the output of scripts goes to stderr, that of models to the history. */
type EventName = Snake<Exclude<News['kind'], 'script-output' | 'model-text' | 'task-goes-on'>> | 'run_ended';

/** `task_id`: the task that says it; several may be at work. */
const common = { schema_version: z.literal(1), timestamp: z.string(), task_id: z.optional(z.string()) };

type EventShape = { readonly text: string; readonly fields: Readonly<Record<string, z.ZodMiniType>> };

const text = z.string();
const count = z.int().check(z.minimum(0));
const milliseconds = z.number().check(z.minimum(0));
const dollars = z.nullable(z.number());
const place = { file: z.optional(text), line: z.optional(count), column: z.optional(count) };
const task = { task_id: text, name: text, type: z.enum(TASK_TYPES) };
const advice = z.optional(text);
const outcome = z.enum(['done', 'failed', 'skipped', 'interrupted']);

const problem = z.object({
  severity: z.enum(['error', 'warning']),
  code: text,
  message: text,
  ...place,
  related: z.optional(z.array(z.object({ message: text, ...place }))),
  advice,
  task_id: z.optional(text),
});

/** A kind of news without a shape here does not compile. */
const EVENTS: Record<EventName, EventShape> = {
  task_started: { text: 'A task is about to run.', fields: task },
  task_ended: {
    text: 'A task has run, and its state is written.',
    fields: { ...task, to: z.enum(STATUSES), detail: z.optional(text), duration_ms: milliseconds },
  },
  task_waits: { text: 'A task needs a person and was passed over.', fields: { ...task, reason: text, advice: text } },
  moved: {
    text: 'A state changed because others did, or because "when" is false.',
    fields: { ...task, to: z.enum(STATUSES), reason: text },
  },
  edited: {
    text: 'A state that a person changed in a file was taken over.',
    fields: { task_id: text, from: text, to: text, file: text },
  },
  halted: {
    text: 'A task in ERROR stops the run, and a person is asked what to do.',
    fields: { ...task, issue: z.optional(text), place: z.optional(z.object(place)), told: z.boolean() },
  },
  instructions: { text: 'What a manual step asks for.', fields: { ...task, lines: z.array(text) } },
  script_started: { text: 'A script was started.', fields: { command: text, log_file: text, attempt: count } },
  model_call: {
    text: 'A model is about to be asked.',
    fields: {
      provider: text,
      model: text,
      tokens: count,
      cost_usd: dollars,
      at_most_usd: dollars,
      attempt: count,
      asks: z.boolean(),
    },
  },
  model_sent: { text: 'The request has left.', fields: { provider: text } },
  model_retry: {
    text: 'The server could not answer; it is asked again.',
    fields: { reason: text, code: text, status: z.nullable(count), delay_ms: milliseconds, attempt: count },
  },
  model_done: {
    text: 'The answer is complete.',
    fields: {
      total_ms: milliseconds,
      ttft_ms: z.nullable(milliseconds),
      prompt_tokens: z.nullable(count),
      cached_tokens: z.nullable(count),
      completion_tokens: z.nullable(count),
      reasoning_tokens: z.nullable(count),
      cost_usd: dollars,
    },
  },
  stored_answer: { text: 'An answer that was paid for before is used.', fields: { created_at: text } },
  candidate: {
    text: 'What of an answer would become the artifact.',
    fields: {
      file: z.optional(text),
      content: text,
      former: z.optional(text),
      diff: z.optional(text),
      review_points: z.array(text),
      notes: z.array(text),
      problems: z.array(text),
    },
  },
  check: { text: 'A check of "expects".', fields: { label: text, ok: z.boolean(), detail: z.optional(text) } },
  problems: { text: 'A task was passed over because its files have errors.', fields: { problems: z.array(problem) } },
  note: { text: 'Something worth knowing.', fields: { message: text } },
  warning: { text: 'Something that should be looked at.', fields: { message: text, advice } },
  run_ended: {
    text: 'The last event of every run that began.',
    fields: {
      ended: z.enum(['finished', 'one-done', 'error', 'waiting', 'interrupted', 'failed']),
      ran: z.optional(z.array(z.object({ task_id: text, outcome }))),
      waiting: z.optional(z.array(z.object({ task_id: text, reason: text, advice: text }))),
      error: z.optional(
        z.union([
          z.object({ task_id: text, ...place }),
          z.object({
            code: text,
            message: text,
            advice,
            problems: z.optional(z.array(problem)),
            exit_code: count,
          }),
        ]),
      ),
      exit_code: count,
    },
  },
};

/** The names, in the order in which docs/events.md has them. */
export const EVENT_NAMES = Object.keys(EVENTS) as EventName[];

/** One schema for any line of the stream. Further fields and events may come without a new version: readers skip what they do not know. */
export function eventSchema(): Record<string, unknown> {
  const branches = Object.entries(EVENTS).map(([name, { text: description, fields }]) => {
    const shape = z.object({ ...common, event: z.literal(name), ...fields });
    const { $schema: _, ...schema } = z.toJSONSchema(shape, { target: 'draft-2020-12', io: 'input' });
    return { title: name, description, ...schema };
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Event',
    description: 'One line of what "orchestrate run --json" writes on stdout.',
    oneOf: branches,
  };
}

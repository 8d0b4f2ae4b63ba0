// The shape of a recording file, for its JSON Schema. recording-yaml.ts reads recordings itself, because a person reviews them and
// every problem there has a place; a test keeps the two in step.

import * as z from 'zod/mini';

const text = z.string();
const amount = z.optional(z.nullable(z.number().check(z.minimum(0, 'must not be negative'))));

const part = z.union([
  z.strictObject({ type: z.literal('text'), text }),
  z.strictObject({ type: z.literal('image_url'), image_url: z.strictObject({ url: text }) }),
]);

const message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.union([text, z.array(part)]),
});

export const recordingShape = z.strictObject({
  request: z.strictObject({
    model: text,
    messages: z.array(message).check(z.minLength(1, 'must hold a message')),
    temperature: amount,
    max_tokens: amount,
    stop: z.optional(z.nullable(z.array(text))),
    response_schema: z.optional(
      z.strictObject({ name: text, schema: z.record(text, z.unknown()), strict: z.optional(z.nullable(z.boolean())) }),
    ),
  }),
  answer: z.strictObject({
    text,
    finish_reason: z.optional(text),
    model: z.optional(z.nullable(text)),
    usage: z.optional(
      z.nullable(z.strictObject({ prompt_tokens: amount, cached_tokens: amount, completion_tokens: amount })),
    ),
  }),
  note: z.optional(z.unknown()),
});

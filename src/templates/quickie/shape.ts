// The shape of config/quickie_templates.yaml (S000, "Configuration Format"). Knows no file and no prompt.

import * as z from 'zod/mini';

const INPUT_TYPES = ['string', 'integer', 'number', 'boolean', 'array', 'object', 'blob'] as const;
export type InputType = (typeof INPUT_TYPES)[number];
const OUTPUT_TYPES = ['string', 'integer', 'number', 'boolean', 'array', 'object'] as const;
const FORMATS = ['json', 'text', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

const text = z.string();
const nonEmpty = z.string().check(z.minLength(1, 'must not be empty'));
const choices = z.array(z.union([z.string(), z.number(), z.boolean()])).check(z.minLength(1, 'must name a choice'));

const input = z.strictObject({
  type: z.enum(INPUT_TYPES),
  description: z.optional(text),
  required: z.optional(z.boolean()),
  default: z.optional(z.unknown()),
  enum: z.optional(choices),
});

const output = z.strictObject({
  type: z.enum(OUTPUT_TYPES),
  description: z.optional(text),
  enum: z.optional(choices),
});

const template = z.strictObject({
  description: z.optional(text),
  model: z.optional(nonEmpty),
  prompt: nonEmpty,
  input_schema: z.optional(z.nullable(z.record(z.string(), input))),
  output_schema: z.optional(z.nullable(z.record(z.string(), output))),
  config: z.optional(
    z.nullable(
      z.strictObject({
        temperature: z.optional(z.number().check(z.minimum(0, 'must not be negative'))),
        max_tokens: z.optional(z.nullable(z.int().check(z.minimum(1, 'must be at least 1')))),
        format: z.optional(z.enum(FORMATS)),
        stop_sequences: z.optional(z.nullable(z.array(nonEmpty))),
      }),
    ),
  ),
  examples: z.optional(
    z.nullable(
      z.array(
        z.strictObject({
          input: z.record(z.string(), z.unknown()),
          output: z.union([text, z.record(z.string(), z.unknown())]),
        }),
      ),
    ),
  ),
});

export const quickiesShape = z.strictObject({
  quickie_templates: z.optional(z.nullable(z.record(z.string(), template))),
});

export type RawQuickie = z.infer<typeof template>;
export type InputSchema = z.infer<typeof input>;
export type OutputSchema = z.infer<typeof output>;

// The shape of config/models.yaml. Knows no file.

import * as z from 'zod/mini';

const price = z.number().check(z.minimum(0, 'must not be negative'));
const name = z.string().check(z.minLength(1, 'must not be empty'));

export const modelsShape = z.strictObject({
  aliases: z.optional(z.nullable(z.record(z.string(), name))),
  prices: z.optional(
    z.nullable(z.record(z.string(), z.strictObject({ input: price, cached: z.optional(price), output: price }))),
  ),
});

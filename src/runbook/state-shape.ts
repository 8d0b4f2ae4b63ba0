// The shape of a file of states (run/state-file.ts). Apart from the other shapes, because hardly a command reads one.

import * as z from 'zod/mini';
import { issueShape, lastRunShape } from './schema.ts';
import { STATUSES } from './words.ts';

const state = z.strictObject({
  status: z.enum(STATUSES),
  last_run: z.optional(z.nullable(lastRunShape)),
  issues: z.optional(z.nullable(z.array(issueShape))),
});

export const stateShape = z.strictObject({
  schema_version: z.literal(1),
  name: z.optional(z.string()),
  exported_at: z.optional(z.string()),
  tasks: z.record(z.string(), state),
});

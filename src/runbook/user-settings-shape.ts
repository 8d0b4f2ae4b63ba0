// The shape of the user's own `config.yaml`. Knows no file.

import * as z from 'zod/mini';
import { aiShape } from './schema.ts';

export const userSettingsShape = z.strictObject({
  ai: z.optional(aiShape),
  /** Relative to the folder of the settings, or absolute. */
  organisation_variables: z.optional(z.string().check(z.minLength(1))),
});

// The shape of runbook.yaml and of a task's detail file (design.md §2). Knows nothing of positions, files or other tasks.
// zod/mini, not zod: a status command reads these on every call and the full library costs three times as much to load.

import * as z from 'zod/mini';
import { DURATION_PATTERN } from '../base/text.ts';
import { OUTPUT_PARSER_PATTERN } from '../model/parser-names.ts';
import { PROVIDERS, STATUSES, TASK_TYPES } from './words.ts';

const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

const text = z.string();
const nonEmpty = z.string().check(z.minLength(1, 'must not be empty'));
const duration = z.union([
  z.number().check(z.minimum(0, 'must not be negative')),
  z.string().check(z.regex(DURATION_PATTERN, 'must be a duration: seconds, or 90s, 5m, 1h')),
]);
const count = z.int().check(z.minimum(0, 'must not be negative'));
const positive = z.int().check(z.minimum(1, 'must be at least 1'));
const dollars = z.number().check(z.minimum(0, 'must not be negative'));
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const env = z.record(z.string(), scalar);

export const idShape = z
  .string()
  .check(
    z.regex(
      ID_PATTERN,
      'must begin with a letter or digit and hold only letters, digits, "_", "." and "-", at most 100',
    ),
  );

const check = z.union([
  z.strictObject({
    file: nonEmpty,
    matches: z.optional(nonEmpty),
    json: z.optional(z.literal(true)),
    schema: z.optional(nonEmpty),
  }),
  z.strictObject({ command: nonEmpty }),
]);

const entryOptions = {
  depends_on: z.optional(z.nullable(z.array(idShape))),
  task_detail_file: z.optional(nonEmpty),
  phase: z.optional(text),
  allow_skipped: z.optional(z.boolean()),
  hold: z.optional(z.boolean()),
  resources: z.optional(z.nullable(z.union([z.array(nonEmpty), z.record(nonEmpty, positive)]))),
  exclusive: z.optional(z.boolean()),
  when: z.optional(nonEmpty),
};

export const entryShape = z.strictObject({
  id: idShape,
  name: nonEmpty,
  status: z.optional(z.nullable(z.enum(STATUSES))),
  type: z.enum(TASK_TYPES),
  ...entryOptions,
});

const aiDetails = z.strictObject({
  model: z.optional(nonEmpty),
  prompt_template: z.optional(nonEmpty),
  quickie: z.optional(nonEmpty),
  input_context: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  system_prompt: z.optional(text),
  output_parser: z.optional(
    z.string().check(z.regex(OUTPUT_PARSER_PATTERN, 'must be text, json, yaml, code_block or <language>_code_block')),
  ),
  output_schema: z.optional(z.record(z.string(), z.unknown())),
  review_points: z.optional(z.nullable(z.array(text))),
  fallback_prompt_template: z.optional(nonEmpty),
  max_attempts: z.optional(z.int().check(z.minimum(1, 'must be at least 1'))),
  auto_accept: z.optional(z.boolean()),
  temperature: z.optional(z.number()),
  max_tokens: z.optional(z.int().check(z.minimum(1, 'must be at least 1'))),
});

const scriptOptions = z.strictObject({
  command: z.optional(nonEmpty),
  args: z.optional(z.nullable(z.array(scalar))),
  cwd: z.optional(nonEmpty),
  env: z.optional(z.nullable(env)),
  env_file: z.optional(nonEmpty),
  timeout: z.optional(duration),
  retries: z.optional(count),
  retry_delay: z.optional(duration),
  success_exit_codes: z.optional(z.array(z.int())),
  stdin: z.optional(z.enum(['none', 'inherit'])),
  capture: z.optional(z.literal('stdout')),
});

export const issueShape = z.strictObject({
  timestamp: z.optional(z.nullable(text)),
  type: z.optional(z.nullable(text)),
  detail: z.optional(z.nullable(text)),
  resolution: z.optional(z.nullable(text)),
});

export const lastRunShape = z.strictObject({
  timestamp: z.optional(z.nullable(text)),
  outcome: z.optional(z.nullable(z.enum(['SUCCESS', 'FAILURE']))),
  llm_response: z.optional(z.nullable(text)),
  cost_estimate: z.optional(z.nullable(z.union([z.number(), z.string()]))),
  attempts: z.optional(z.nullable(z.int())),
  duration_ms: z.optional(z.nullable(z.number())),
  exit_code: z.optional(z.nullable(z.int())),
  outputs: z.optional(z.nullable(z.record(z.string(), scalar))),
});

const detailOptions = {
  description: z.optional(z.nullable(text)),
  output_artifact: z.optional(z.nullable(nonEmpty)),
  expects: z.optional(z.nullable(z.array(check))),
  manual_instructions: z.optional(z.nullable(z.union([text, z.array(text)]))),
  gate: z.optional(z.boolean()),
  ai_details: z.optional(aiDetails),
  script_details: z.optional(z.union([nonEmpty, scriptOptions])),
};

export const detailShape = z.strictObject({
  id: idShape,
  name: z.optional(nonEmpty),
  status: z.optional(z.nullable(z.enum(STATUSES))),
  type: z.optional(z.enum(TASK_TYPES)),
  ...detailOptions,
  last_run: z.optional(z.nullable(lastRunShape)),
  issues: z.optional(z.nullable(z.array(issueShape))),
});

export const aiShape = z.strictObject({
  provider: z.optional(z.enum(PROVIDERS)),
  model: z.optional(nonEmpty),
  base_url: z.optional(nonEmpty),
  budget_usd: z.optional(
    z.union([
      dollars,
      z.strictObject({ call: z.optional(dollars), run: z.optional(dollars), day: z.optional(dollars) }),
    ]),
  ),
  timeout: z.optional(duration),
  idle_timeout: z.optional(duration),
  first_token_timeout: z.optional(duration),
  allow_secrets: z.optional(z.nullable(z.array(nonEmpty))),
  confirm_send: z.optional(z.boolean()),
  env_allow: z.optional(z.nullable(z.array(nonEmpty))),
});

export const runbookShape = z.strictObject({
  name: z.optional(text),
  vars: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  env: z.optional(z.nullable(env)),
  secrets: z.optional(z.nullable(z.array(nonEmpty))),
  resources: z.optional(z.nullable(z.record(nonEmpty, positive))),
  on: z.optional(
    z.nullable(
      z.strictObject({ error: z.optional(nonEmpty), waiting: z.optional(nonEmpty), done: z.optional(nonEmpty) }),
    ),
  ),
  ai: z.optional(aiShape),
  defaults: z.optional(z.nullable(z.strictObject({ ...entryOptions, ...detailOptions }))),
  tasks: z.array(entryShape),
});

export type RawEntry = z.infer<typeof entryShape>;
export type RawDetail = z.infer<typeof detailShape>;
export type RawRunbook = z.infer<typeof runbookShape>;
export type Check = z.infer<typeof check>;
export type ScriptOptions = z.infer<typeof scriptOptions>;
export type AiDetails = z.infer<typeof aiDetails>;
export type Issue = z.infer<typeof issueShape>;
export type LastRun = z.infer<typeof lastRunShape>;

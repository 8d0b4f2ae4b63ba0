// The JSON Schemas agree with what the program accepts: on good files, on bad ones, and on every small change of a good one.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { DESCRIPTIONS, type SchemaKind } from '../../../src/authoring/descriptions.ts';
import { SCHEMA_KINDS } from '../../../src/authoring/schema-files.ts';
import { type JsonSchema, schemaOf } from '../../../src/authoring/schemas.ts';
import { modelsShape } from '../../../src/calls/models-shape.ts';
import { parseRecording } from '../../../src/model/recording-yaml.ts';
import { detailShape, runbookShape } from '../../../src/runbook/schema.ts';
import { checkShape } from '../../../src/runbook/shape-check.ts';
import { frontMatterShape } from '../../../src/templates/front-matter.ts';
import { quickiesShape } from '../../../src/templates/quickie/shape.ts';

const EXAMPLE = path.resolve(import.meta.dirname, '../../../examples/happy-llm-cli');

const shapes = {
  runbook: runbookShape,
  task: detailShape,
  template: frontMatterShape,
  models: modelsShape,
  quickies: quickiesShape,
};
const compiled = SCHEMA_KINDS.map((kind): [SchemaKind, (data: unknown) => boolean] => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schemaOf(kind));
  return [kind, (data) => validate(data)];
});
const validators = Object.fromEntries(compiled) as Record<SchemaKind, (data: unknown) => boolean>;

function programAccepts(kind: SchemaKind, data: unknown): boolean {
  if (kind === 'recording') return parseRecording({ file: 'r.yaml', text: JSON.stringify(data) }).ok;
  return checkShape({ file: 'f', text: '' }, data, shapes[kind]).ok;
}

const FULL: Record<SchemaKind, Record<string, unknown>> = {
  runbook: {
    name: 'n',
    vars: { any: [1] },
    env: { A: 'text', B: 1, C: true },
    secrets: ['S'],
    on: { error: 'e', waiting: 'w', done: 'd' },
    ai: {
      provider: 'replay',
      model: 'm',
      base_url: 'u',
      budget_usd: { call: 0.5, run: 1.5, day: 3 },
      timeout: '10m',
      idle_timeout: 90,
      first_token_timeout: '5m',
      allow_secrets: ['S'],
      confirm_send: true,
      env_allow: ['E'],
      'x-a': 1,
    },
    defaults: {
      phase: 'p',
      hold: false,
      script_details: { timeout: '5m', retries: 2 },
      expects: [{ command: 'true' }],
    },
    tasks: [
      { id: 'a', name: 'A', type: 'MANUAL', 'x-mine': {} },
      {
        id: 'b',
        name: 'B',
        type: 'AI_ASSISTED',
        status: 'DONE',
        depends_on: ['a'],
        task_detail_file: 'f',
        phase: '',
        allow_skipped: true,
        hold: true,
        when: 'vars.any == x',
      },
    ],
    'x-own': null,
  },
  models: {
    aliases: { 'default:small': 'm', other: 'default:small' },
    prices: { m: { input: 1, cached: 0.1, output: 2, 'x-a': 1 }, free: { input: 0, output: 0 } },
    'x-own': null,
  },
  task: {
    id: 'a',
    name: 'A',
    status: 'PENDING',
    type: 'AUTOMATED_SCRIPT',
    description: 'd',
    output_artifact: 'o',
    expects: [{ file: 'f', matches: 'x', json: true, schema: 's', 'x-why': 1 }, { command: 'c' }],
    manual_instructions: ['one', 'two'],
    gate: true,
    ai_details: {
      model: 'm',
      prompt_template: 't',
      quickie: 'q',
      input_context: { a: { file: 'f' } },
      system_prompt: '',
      output_parser: 'c++_code_block',
      output_schema: { type: 'object' },
      review_points: [''],
      fallback_prompt_template: 'f',
      max_attempts: 1,
      auto_accept: false,
      temperature: -1,
      max_tokens: 1,
    },
    script_details: {
      command: 'c',
      args: ['a', 1, true],
      cwd: '.',
      env: { A: 1 },
      env_file: '.env',
      timeout: '1.5h',
      retries: 0,
      retry_delay: 0.5,
      success_exit_codes: [0, -1],
      stdin: 'none',
      capture: 'stdout',
    },
    last_run: {
      timestamp: 't',
      outcome: 'FAILURE',
      llm_response: '',
      cost_estimate: '0.1',
      attempts: 2,
      duration_ms: 1.5,
      exit_code: 1,
      outputs: { key: 'text', count: 1 },
    },
    issues: [{ timestamp: 't', type: 'ANY', detail: 'd', resolution: null }],
  },
  template: {
    description: 'd',
    model: 'm',
    system: 's',
    variables: {
      a: { type: 'string', required: true, default: 1, enum: ['a', 1, true], description: 'd', 'x-a': 1 },
      b: null,
    },
    config: { temperature: 0, max_tokens: 1 },
  },
  quickies: {
    quickie_templates: {
      a: {
        description: 'd',
        model: 'm',
        prompt: '@a.md',
        input_schema: {
          i: { type: 'string', description: 'd', required: false, default: 'x', enum: ['x', 1, true], 'x-a': 1 },
          f: { type: 'blob' },
        },
        output_schema: { o: { type: 'object', description: 'd' }, p: { type: 'string', enum: ['a'] } },
        config: { temperature: 0, max_tokens: 1, format: 'json', stop_sequences: ['s'] },
        examples: [{ input: { i: 'x' }, output: { o: {} } }],
      },
      'b.c': { prompt: 'p', input_schema: null, output_schema: null, config: null, examples: null },
    },
    'x-own': null,
  },
  recording: {
    request: {
      model: 'm',
      messages: [
        { role: 'system', content: '' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 't' },
            { type: 'image_url', image_url: { url: 'sha256:0' } },
          ],
        },
      ],
      stop: ['s'],
      temperature: 0.5,
      max_tokens: 10,
      response_schema: { name: 'n', schema: { type: 'object' }, strict: true },
    },
    answer: {
      text: '',
      finish_reason: 'stop',
      model: 'm',
      usage: { prompt_tokens: 1, cached_tokens: null, completion_tokens: 0 },
    },
    note: ['any'],
  },
};

const REPLACEMENTS = [
  null,
  '',
  'text',
  '10s',
  0,
  1,
  -1,
  1.5,
  true,
  false,
  [],
  [null],
  ['a'],
  {},
  { 'x-a': 1 },
  { unknown: 1 },
];

/** The value with one part replaced, removed, or given one key more; each with a label that says what was done. */
function* changes(value: unknown, at: string): Generator<{ label: string; data: unknown }> {
  for (const other of REPLACEMENTS) yield { label: `${at} = ${JSON.stringify(other)}`, data: other };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const { label, data } of changes(item, `${at}[${index}]`)) yield { label, data: value.with(index, data) };
    }
  } else if (value !== null && typeof value === 'object') {
    for (const key of ['x-added', 'X-added', 'added']) yield { label: `${at} + ${key}`, data: { ...value, [key]: 1 } };
    for (const [key, item] of Object.entries(value)) {
      const { [key]: _removed, ...rest } = value as Record<string, unknown>;
      yield { label: `${at} - ${key}`, data: rest };
      for (const { label, data } of changes(item, `${at}.${key}`)) yield { label, data: { ...value, [key]: data } };
    }
  }
}

test.each(SCHEMA_KINDS)('the schema of a %s accepts and rejects what the program does', (kind) => {
  expect([programAccepts(kind, FULL[kind]), validators[kind](FULL[kind])]).toEqual([true, true]);
  const verdicts = { accepted: 0, rejected: 0 };
  const differences: string[] = [];
  for (const { label, data } of changes(FULL[kind], kind)) {
    const accepted = programAccepts(kind, data);
    verdicts[accepted ? 'accepted' : 'rejected'] += 1;
    if (validators[kind](data) !== accepted)
      differences.push(`${label}: the program ${accepted ? 'accepts' : 'rejects'} it`);
  }
  expect(differences).toEqual([]);
  expect(Math.min(verdicts.accepted, verdicts.rejected)).toBeGreaterThan(30);
});

test.each([
  ['an id that begins with a dot', 'runbook', { tasks: [{ id: '.a', name: 'A', type: 'MANUAL' }] }, false],
  ['an id of 101 letters', 'runbook', { tasks: [{ id: 'a'.repeat(101), name: 'A', type: 'MANUAL' }] }, false],
  ['a status in lower case', 'runbook', { tasks: [{ id: 'a', name: 'A', type: 'MANUAL', status: 'done' }] }, false],
  ['a duration in days', 'task', { id: 'a', script_details: { command: 'c', timeout: '1d' } }, false],
  ['a duration in milliseconds', 'task', { id: 'a', script_details: { command: 'c', timeout: '50ms' } }, true],
  ['a script that is a line', 'task', { id: 'a', script_details: 'true' }, true],
  ['a parser that nobody has', 'task', { id: 'a', ai_details: { output_parser: 'xml' } }, false],
  ['a check that is both', 'task', { id: 'a', expects: [{ file: 'f', command: 'c' }] }, false],
  ['a key with a typo', 'task', { id: 'a', descripton: 'd' }, false],
  ['no messages', 'recording', { request: { model: 'm', messages: [] }, answer: { text: '' } }, false],
] as const)('%s', (_, kind, data, accepted) => {
  expect([programAccepts(kind, data), validators[kind](data)]).toEqual([accepted, accepted]);
});

test('the files of the example fit', () => {
  const fits = (kind: SchemaKind, text: string) => validators[kind](parse(text, { merge: true }));
  expect(fits('runbook', readFileSync(path.join(EXAMPLE, 'runbook.yaml'), 'utf8'))).toBe(true);
  const tasks = readdirSync(path.join(EXAMPLE, 'tasks')).map((name) => path.join(EXAMPLE, 'tasks', name));
  expect(tasks.filter((file) => !fits('task', readFileSync(file, 'utf8')))).toEqual([]);
  expect(tasks.length).toBeGreaterThan(10);
});

/** Every path that a schema gives a place to, with whether it is described; the branches of a union share their path. */
function places(schema: JsonSchema, at: string, found: Map<string, boolean>): Map<string, boolean> {
  found.set(at, (found.get(at) ?? false) || typeof schema.description === 'string');
  for (const [key, value] of Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>))
    places(value, at === '' ? key : `${at}.${key}`, found);
  for (const branch of (schema.anyOf ?? []) as JsonSchema[]) places(branch, at, found);
  if (schema.items) places(schema.items as JsonSchema, `${at}[]`, found);
  const other = schema.additionalProperties as JsonSchema | boolean | undefined;
  if (other && other !== true && Object.keys(other).length > 0) places(other, `${at}.*`, found);
  return found;
}

test.each(SCHEMA_KINDS)('every key of a %s is described, and nothing else', (kind) => {
  const found = places(schemaOf(kind), '', new Map());
  const keys = [...found].filter(([at]) => /(^|[^\]*])$/.test(at));
  expect(keys.filter(([, described]) => !described).map(([at]) => at)).toEqual([]);
  expect(Object.keys(DESCRIPTIONS[kind]).filter((at) => !found.has(at))).toEqual([]);
});

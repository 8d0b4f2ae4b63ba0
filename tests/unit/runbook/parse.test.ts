// runbook.yaml and detail files → data, or every problem with its YAML path.
import { describe, expect, test } from 'vitest';
import { parseDetail, parseRunbook } from '../../../src/runbook/parse.ts';

type Told = { code: string; message: string; path: string; key?: boolean };

function told(
  result: Awaited<ReturnType<typeof parseRunbook>> | Awaited<ReturnType<typeof parseDetail>>,
): Told[] | 'fits' {
  if (result.ok) return 'fits';
  return result.error.map(({ code, message, spot }) => ({
    code,
    message,
    path: spot?.path.join('.') ?? '',
    ...(spot?.key ? { key: true } : {}),
  }));
}

const runbook = (text: string) => parseRunbook({ file: 'runbook.yaml', text });
const detail = (text: string) => parseDetail({ file: 'tasks/a.yaml', text });

/** A runbook with one good task and further lines on it. */
const withEntry = (lines: string) =>
  `tasks:\n  - id: a\n    name: A\n    type: MANUAL\n${lines.replace(/^/gm, '    ')}`;

describe('a runbook', () => {
  test('is given as it is written, with keys of one’s own', async () => {
    const text =
      'x-mine: {any: [thing]}\nname: N\nvars: {a: 1}\ntasks:\n- {id: a, name: A, type: MANUAL, depends_on: [], x-note: 5}\n';
    expect(await runbook(text)).toEqual({
      ok: true,
      value: {
        'x-mine': { any: ['thing'] },
        name: 'N',
        vars: { a: 1 },
        tasks: [{ id: 'a', name: 'A', type: 'MANUAL', depends_on: [], 'x-note': 5 }],
      },
    });
  });

  test.each([
    ['a list is empty', 'tasks: []'],
    ['optional values are left empty', 'name: N\nvars:\nenv:\nsecrets:\ndefaults:\ntasks: []'],
    [
      'everything is there',
      'name: N\nvars: {}\nenv: {A: x, B: 1, C: true}\nsecrets: [S]\nai: {provider: replay, model: m, base_url: http://x, budget_usd: 1.5, confirm_send: true, env_allow: [E]}\ndefaults: {phase: P, gate: true, expects: [{command: "true"}], ai_details: {model: m}, script_details: {timeout: 5m}}\ntasks: []',
    ],
    [
      'an entry has all its keys',
      withEntry(
        'status: DONE\ndepends_on: [b]\ntask_detail_file: tasks/a.yaml\nphase: P\nallow_skipped: true\nhold: false',
      ),
    ],
    ['an entry leaves its values empty', withEntry('status:\ndepends_on:')],
    ['there is an anchor', 'tasks:\n- &a {id: a, name: A, type: MANUAL}\n- {<<: *a, id: b}\n'],
  ])('fits where %s', async (_, text) => {
    expect(told(await runbook(text))).toBe('fits');
  });

  test.each<[text: string, ...problems: [code: string, path: string, message: string][]]>([
    ['', ['empty-runbook', '', 'the runbook is empty']],
    ['# only a comment\n', ['empty-runbook', '', 'the runbook is empty']],
    ['just text', ['wrong-type', '', 'the file must be a mapping, not the text "just text"']],
    ['- a', ['wrong-type', '', 'the file must be a mapping, not a list']],
    ['name: N', ['missing-key', '', '"tasks" is missing']],
    ['tasks:', ['wrong-type', 'tasks', '"tasks" must be a list, not empty']],
    ['tasks: {a: b}', ['wrong-type', 'tasks', '"tasks" must be a list, not a mapping']],
    ['tasks: []\nname: 5', ['wrong-type', 'name', '"name" must be text, not the number 5']],
    ['tasks: []\nnaem: x', ['unknown-key', 'naem', 'unknown key "naem"']],
    ['tasks: []\nai: {modle: m}', ['unknown-key', 'ai.modle', 'unknown key "modle"']],
    [
      'tasks: []\nai: {provider: gpt}',
      ['wrong-value', 'ai.provider', '"ai.provider" must be openai, replay or paste, not "gpt"'],
    ],
    [
      'tasks: []\nai: {budget_usd: -1}',
      ['wrong-value', 'ai.budget_usd', '"ai.budget_usd" must not be negative, but is -1'],
    ],
    ['tasks: []\nsecrets: [1]', ['wrong-type', 'secrets.0', '"secrets[0]" must be text, not the number 1']],
    [
      'tasks: []\nenv: {A: [1]}',
      ['wrong-type', 'env.A', '"env.A" must be text, a number or true or false, not a list'],
    ],
    ['tasks: []\ndefaults: {id: x}', ['unknown-key', 'defaults.id', 'unknown key "id"']],
    ['tasks: [5]', ['wrong-type', 'tasks.0', '"tasks[0]" must be a mapping, not the number 5']],
    ['tasks:\n  -', ['wrong-type', 'tasks.0', '"tasks[0]" must be a mapping, not empty']],
    [
      'tasks:\n- {}',
      ['missing-key', 'tasks.0', '"id" is missing in tasks[0]'],
      ['missing-key', 'tasks.0', '"name" is missing in tasks[0]'],
      ['missing-key', 'tasks.0', '"type" is missing in tasks[0]'],
    ],
    [
      'tasks:\n- {id: 1.1, name: A, type: MANUAL}',
      ['wrong-type', 'tasks.0.id', '"tasks[0].id" must be text, not the number 1.1'],
    ],
    [
      'tasks:\n- {id: a, name: "", type: MANUAL}',
      ['wrong-value', 'tasks.0.name', '"tasks[0].name" must not be empty, but is ""'],
    ],
    [
      'tasks:\n- {id: a, name: A, type: Manual}',
      ['wrong-value', 'tasks.0.type', '"tasks[0].type" must be MANUAL, AI_ASSISTED or AUTOMATED_SCRIPT, not "Manual"'],
    ],
    [
      withEntry('status: FINISHED'),
      [
        'wrong-value',
        'tasks.0.status',
        '"tasks[0].status" must be PENDING, READY, RUNNING, DONE, ERROR or SKIPPED, not "FINISHED"',
      ],
    ],
    [
      withEntry('depends_on: b'),
      ['wrong-type', 'tasks.0.depends_on', '"tasks[0].depends_on" must be a list, not the text "b"'],
    ],
    ['tasks:\n- {id: a, naem: A, type: MANUAL}', ['unknown-key', 'tasks.0.naem', 'unknown key "naem"']],
    [
      withEntry('hold: "yes"'),
      ['wrong-type', 'tasks.0.hold', '"tasks[0].hold" must be true or false, not the text "yes"'],
    ],
    [
      withEntry('depend_on: []\nstatsu: DONE\nx-own: 1'),
      ['unknown-key', 'tasks.0.depend_on', 'unknown key "depend_on"'],
      ['unknown-key', 'tasks.0.statsu', 'unknown key "statsu"'],
    ],
  ])('%j is refused', async (text, ...problems) => {
    const expected = problems.map(([code, path, message]) => ({
      code,
      message,
      path,
      ...(code === 'unknown-key' ? { key: true } : {}),
    }));
    expect(told(await runbook(text))).toEqual(expected);
  });

  test.each([
    ['tasks: []\nnaem: x', 'did you mean "name"?'],
    [withEntry('depend_on: []'), 'did you mean "depends_on"?'],
    [withEntry('status: done'), 'did you mean "DONE"?'],
    [withEntry('quite_different: 1'), 'remove it, or begin its name with "x-" if it is your own'],
    ['tasks:\n- {id: 1, name: A, type: MANUAL}', 'put it in quotes: "1"'],
    [withEntry('depends_on: b'), 'write a list: [b]'],
    ['name: N', 'add "tasks: …"'],
  ])('%j is advised: %s', async (text, advice) => {
    const result = await runbook(text);
    expect(result.ok ? [] : result.error.map((problem) => problem.advice)).toEqual([advice]);
  });
});

describe('an id', () => {
  test.each(['a', '1', 'task_1.2-b', 'A'.repeat(100), '0'])('may be %.20s', async (id) => {
    expect(told(await runbook(`tasks:\n- {id: "${id}", name: A, type: MANUAL}`))).toBe('fits');
  });

  test.each(['', '_a', '.a', '-a', 'a b', 'ä', 'a/b', 'a:b', 'A'.repeat(101), '../x', 'a\\n'])(
    'may not be %.20j',
    async (id) => {
      expect(told(await runbook(`tasks:\n- {id: "${id}", name: A, type: MANUAL}`))).toMatchObject([
        { code: 'wrong-value', path: 'tasks.0.id' },
      ]);
    },
  );
});

describe('a detail file', () => {
  test.each([[''], ['\n'], ['# later\n'], ['---\n'], ['~\n']])('%j is not yet written', async (text) => {
    expect(await detail(text)).toEqual({ ok: true, value: undefined });
  });

  test.each([
    ['says no more than its id', 'id: a'],
    [
      'leaves optional values empty',
      'id: a\nstatus:\ndescription:\noutput_artifact:\nexpects:\nmanual_instructions:\nlast_run:\nissues:',
    ],
    ['has a manual step as text', 'id: a\nmanual_instructions: do it\ngate: true'],
    ['has manual steps as a list', 'id: a\nmanual_instructions: [do it, then this]'],
    ['has a script as text', 'id: a\nscript_details: npm test'],
    [
      'has a script as a mapping',
      'id: a\nscript_details: {command: npm, args: [test, 1, true], cwd: sub, env: {A: 1}, env_file: .env, timeout: 90, retries: 2, retry_delay: 1.5s, success_exit_codes: [0, 2], stdin: inherit, capture: stdout, x-own: 1}',
    ],
    [
      'has every kind of check',
      'id: a\nexpects: [{file: a}, {file: a, matches: "^x"}, {file: a, json: true}, {file: a, schema: b}, {command: "true", x-why: y}]',
    ],
    [
      'has every kind of input',
      'id: a\nai_details: {prompt_template: t, input_context: {a: 1, b: {file: x}, c: [{deep: ~}]}, output_parser: python_code_block, temperature: 0, max_tokens: 5}',
    ],
    [
      'was written by the program',
      'id: a\nlast_run: {timestamp: t, outcome: SUCCESS, llm_response: x, cost_estimate: 0.1, attempts: 1, duration_ms: 3, exit_code: 0}\nissues: [{timestamp: t, type: SCRIPT_ERROR, detail: d, resolution: ~}]',
    ],
  ])('fits that %s', async (_, text) => {
    expect(told(await detail(text))).toBe('fits');
  });

  test.each<[text: string, ...problems: [code: string, path: string, message: string][]]>([
    ['name: A', ['missing-key', '', '"id" is missing']],
    [
      'id: a\nstatus: done',
      ['wrong-value', 'status', '"status" must be PENDING, READY, RUNNING, DONE, ERROR or SKIPPED, not "done"'],
    ],
    [
      'id: a\nmanual_instructions: 5',
      ['wrong-type', 'manual_instructions', '"manual_instructions" must be text or a list, not the number 5'],
    ],
    [
      'id: a\nmanual_instructions: [x, 5]',
      ['wrong-type', 'manual_instructions.1', '"manual_instructions[1]" must be text, not the number 5'],
    ],
    ['id: a\nscript_details: ""', ['wrong-value', 'script_details', '"script_details" must not be empty, but is ""']],
    [
      'id: a\nscript_details: [npm]',
      ['wrong-type', 'script_details', '"script_details" must be text or a mapping, not a list'],
    ],
    ['id: a\nscript_details: {comand: npm}', ['unknown-key', 'script_details.comand', 'unknown key "comand"']],
    [
      'id: a\nscript_details: {command: x, timeout: 5 minutes}',
      [
        'wrong-value',
        'script_details.timeout',
        '"script_details.timeout" must be a duration: seconds, or 90s, 5m, 1h, but is "5 minutes"',
      ],
    ],
    [
      'id: a\nscript_details: {command: x, timeout: -5}',
      ['wrong-value', 'script_details.timeout', '"script_details.timeout" must not be negative, but is -5'],
    ],
    [
      'id: a\nscript_details: {command: x, timeout: }',
      ['wrong-type', 'script_details.timeout', '"script_details.timeout" must be a number or text, not empty'],
    ],
    [
      'id: a\nscript_details: {command: x, retries: 1.5}',
      ['wrong-type', 'script_details.retries', '"script_details.retries" must be a whole number, not the number 1.5'],
    ],
    [
      'id: a\nscript_details: {command: x, stdin: pipe}',
      ['wrong-value', 'script_details.stdin', '"script_details.stdin" must be none or inherit, not "pipe"'],
    ],
    [
      'id: a\nscript_details: {command: x, capture: stderr}',
      ['wrong-value', 'script_details.capture', '"script_details.capture" must be stdout, not "stderr"'],
    ],
    [
      'id: a\nexpects: [{file: x, json: yes}]',
      ['wrong-value', 'expects.0.json', '"expects[0].json" must be true, not "yes"'],
    ],
    ['id: a\nexpects: [{file: x, match: y}]', ['unknown-key', 'expects.0.match', 'unknown key "match"']],
    ['id: a\nexpects: [{comand: x}]', ['unknown-key', 'expects.0.comand', 'unknown key "comand"']],
    ['id: a\nexpects: [{flie: x, json: true}]', ['unknown-key', 'expects.0.flie', 'unknown key "flie"']],
    [
      'id: a\nexpects: [npm test]',
      ['wrong-type', 'expects.0', '"expects[0]" must be a mapping, not the text "npm test"'],
    ],
    [
      'id: a\nai_details: {output_parser: xml}',
      [
        'wrong-value',
        'ai_details.output_parser',
        '"ai_details.output_parser" must be text, json, yaml, code_block or <language>_code_block, but is "xml"',
      ],
    ],
    [
      'id: a\nai_details: {max_attempts: 0}',
      ['wrong-value', 'ai_details.max_attempts', '"ai_details.max_attempts" must be at least 1, but is 0'],
    ],
    [
      'id: a\nai_details: {temperature: hot}',
      ['wrong-type', 'ai_details.temperature', '"ai_details.temperature" must be a number, not the text "hot"'],
    ],
    [
      'id: a\nlast_run: {outcome: MAYBE}',
      ['wrong-value', 'last_run.outcome', '"last_run.outcome" must be SUCCESS or FAILURE, not "MAYBE"'],
    ],
    ['id: a\nissues: [{why: x}]', ['unknown-key', 'issues.0.why', 'unknown key "why"']],
  ])('%j is refused', async (text, ...problems) => {
    const expected = problems.map(([code, path, message]) => ({
      code,
      message,
      path,
      ...(code === 'unknown-key' ? { key: true } : {}),
    }));
    expect(told(await detail(text))).toEqual(expected);
  });

  test('with keys that exclude each other is told which', async () => {
    expect(told(await detail('id: a\nexpects: [{file: x, command: y}]'))).toEqual([
      {
        code: 'wrong-combination',
        message: '"command" does not go with the other keys here',
        path: 'expects.0.command',
        key: true,
      },
    ]);
  });

  test('with a key of a check that is misspelt is advised by what a check can have', async () => {
    const result = await detail('id: a\nexpects: [{file: x, mathces: y}]');
    expect(result.ok ? [] : result.error.map((problem) => problem.advice)).toEqual(['did you mean "matches"?']);
  });

  test('with a long wrong value shows its beginning', async () => {
    const [problem] = told(await detail(`id: a\nstatus: ${'x'.repeat(500)}`)) as Told[];
    expect(problem?.message).toMatch(/not "x{56}…$/);
  });
});

test('what YAML refuses is told with its span, not its path', async () => {
  const result = await runbook('tasks: []\nname: "N\n');
  expect(result).toMatchObject({
    ok: false,
    error: [
      {
        severity: 'error',
        code: 'yaml-syntax',
        spot: { source: { file: 'runbook.yaml' }, path: [], span: { start: 16 } },
      },
    ],
  });
});

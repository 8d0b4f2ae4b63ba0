// Checked files → the runbook that is run: entries, detail files and defaults made one, and what does not fit together.
import { describe, expect, test } from 'vitest';
import {
  type DetailFile,
  isForbiddenArtifact,
  leadsOutside,
  resolveRunbook,
  suggestId,
} from '../../../src/runbook/resolve.ts';
import type { RawDetail, RawEntry, RawRunbook } from '../../../src/runbook/schema.ts';

const SOURCE = { file: 'runbook.yaml', text: '' };

type Given = {
  readonly entry: RawEntry;
  readonly detail?: RawDetail | 'empty' | Extract<DetailFile, { kind: 'absent' | 'broken' }>;
};

function manual(id: string, rest: Partial<RawEntry> = {}): RawEntry {
  return { id, name: `Task ${id}`, type: 'MANUAL', ...rest };
}

function script(id: string, rest: Partial<RawEntry> = {}): RawEntry {
  return { id, name: `Task ${id}`, type: 'AUTOMATED_SCRIPT', task_detail_file: `tasks/${id}.yaml`, ...rest };
}

function ai(id: string, rest: Partial<RawEntry> = {}): RawEntry {
  return { ...script(id, rest), type: 'AI_ASSISTED' };
}

function fileOf({ entry, detail }: Given): DetailFile {
  if (detail === undefined) return { kind: 'none' };
  const file = entry.task_detail_file ?? `tasks/${entry.id}.yaml`;
  if (detail === 'empty') return { kind: 'read', file, source: { file, text: '' }, raw: undefined };
  return 'kind' in detail ? detail : { kind: 'read', file, source: { file, text: 'id: x' }, raw: detail };
}

function resolve(given: readonly Given[], rest: Omit<Partial<RawRunbook>, 'tasks'> = {}) {
  return resolveRunbook({
    source: SOURCE,
    raw: { tasks: given.map(({ entry }) => entry), ...rest },
    details: given.map(fileOf),
  });
}

function only(given: Given, rest: Omit<Partial<RawRunbook>, 'tasks'> = {}) {
  const { runbook, blocking } = resolve([given], rest);
  expect(blocking).toEqual([]);
  const [task] = runbook.tasks;
  if (task === undefined) throw new Error('no task');
  return {
    task,
    problems: runbook.problems.map(({ code, message, spot, taskId }) => ({
      code,
      message,
      place: `${spot?.source.file}:${spot?.path.join('.')}`,
      taskId,
    })),
  };
}

describe('a runbook', () => {
  test('without settings has none', () => {
    expect(resolve([{ entry: manual('a') }]).runbook).toMatchObject({
      source: SOURCE,
      vars: {},
      env: {},
      secrets: [],
      ai: { confirmSend: false, envAllow: [] },
      problems: [],
    });
  });

  test('has its settings, with values of the environment as text', () => {
    const settings: Omit<RawRunbook, 'tasks'> = {
      name: 'N',
      vars: { deep: { x: 1 } },
      env: { A: 'x', B: 1.5, C: true },
      secrets: ['S'],
      ai: { provider: 'replay', model: 'm', base_url: 'http://h', budget_usd: 2, confirm_send: true, env_allow: ['E'] },
    };
    expect(resolve([{ entry: manual('a') }], settings).runbook).toMatchObject({
      name: 'N',
      vars: { deep: { x: 1 } },
      env: { A: 'x', B: '1.5', C: 'true' },
      secrets: ['S'],
      ai: {
        provider: 'replay',
        model: 'm',
        baseUrl: 'http://h',
        budgetUsd: { run: 2 },
        confirmSend: true,
        envAllow: ['E'],
      },
    });
  });

  test('with values that were left empty has none of them', () => {
    expect(
      resolve([{ entry: manual('a') }], { vars: null, env: null, secrets: null, defaults: null }).runbook,
    ).toMatchObject({ vars: {}, env: {}, secrets: [] });
  });

  test('without tasks is refused', () => {
    expect(resolve([]).blocking).toMatchObject([{ code: 'empty-runbook', message: 'the runbook has no tasks' }]);
  });

  test('with an unknown dependency is refused', () => {
    expect(resolve([{ entry: manual('a', { depends_on: ['b'] }) }]).blocking).toMatchObject([
      { code: 'unknown-dependency' },
    ]);
  });
});

describe('ids', () => {
  test.each<[ids: string[], message: string | undefined]>([
    [['a', 'b', 'a.b', 'ab'], undefined],
    [['a', 'b', 'a'], 'the id "a" is used twice'],
    [['Build', 'build'], 'the ids "Build" and "build" differ only in case or punctuation'],
    [['a.b', 'a-b'], 'the ids "a.b" and "a-b" differ only in case or punctuation'],
    [['task_1', 'TASK-1'], 'the ids "task_1" and "TASK-1" differ only in case or punctuation'],
  ])('%j: %s', (ids, message) => {
    const { blocking } = resolve(ids.map((id) => ({ entry: manual(id) })));
    expect(blocking.map((problem) => problem.message)).toEqual(message === undefined ? [] : [message]);
  });

  test('that are used thrice are told twice, each beside the first', () => {
    const { blocking } = resolve(['a', 'a', 'a'].map((id) => ({ entry: manual(id) })));
    expect(blocking.map(({ spot, related }) => [spot?.path.join('.'), related?.[0]?.spot.path.join('.')])).toEqual([
      ['tasks.1.id', 'tasks.0.id'],
      ['tasks.2.id', 'tasks.0.id'],
    ]);
  });

  test('are suggested', () => {
    expect(suggestId('biuld', [{ id: 'lint' }, { id: 'build' }])).toBe('did you mean "build"?');
    expect(suggestId('zzz', [{ id: 'lint' }])).toBeUndefined();
  });
});

describe('a task', () => {
  test('of an entry alone is PENDING, depends on nothing, and is not written by the program', () => {
    const { task, problems } = only({ entry: manual('a') });
    expect(task).toEqual({
      id: 'a',
      index: 0,
      name: 'Task a',
      type: 'MANUAL',
      status: 'PENDING',
      detailStatus: undefined,
      dependsOn: [],
      allowSkipped: false,
      hold: false,
      resources: {},
      exclusive: false,
      expects: [],
      issues: [],
      work: { type: 'MANUAL', instructions: [], gate: false },
    });
    expect(problems).toEqual([]);
  });

  test('has what its entry and its detail file say', () => {
    const entry = manual('a', {
      status: 'DONE',
      phase: 'P',
      hold: true,
      allow_skipped: true,
      task_detail_file: 'tasks/a.yaml',
    });
    const detail: RawDetail = {
      id: 'a',
      status: 'READY',
      description: 'D',
      output_artifact: 'out.md',
      expects: [{ file: 'x' }],
      manual_instructions: ['one', 'two'],
      gate: true,
      last_run: { outcome: 'SUCCESS' },
      issues: [{ detail: 'i' }],
    };
    expect(only({ entry, detail }).task).toMatchObject({
      status: 'DONE',
      detailStatus: 'READY',
      phase: 'P',
      hold: true,
      allowSkipped: true,
      description: 'D',
      outputArtifact: 'out.md',
      expects: [{ file: 'x' }],
      work: { type: 'MANUAL', instructions: ['one', 'two'], gate: true },
      lastRun: { outcome: 'SUCCESS' },
      issues: [{ detail: 'i' }],
      detail: { file: 'tasks/a.yaml', writable: true },
    });
  });

  test('takes from the defaults what it does not say itself', () => {
    const defaults: RawRunbook['defaults'] = {
      depends_on: ['base'],
      phase: 'P',
      hold: true,
      allow_skipped: true,
      description: 'D',
      expects: [{ command: 'true' }],
      manual_instructions: 'text',
      gate: true,
    };
    const { runbook } = resolve(
      [{ entry: manual('base', { depends_on: [], hold: false, phase: 'Q' }) }, { entry: manual('b') }],
      { defaults },
    );
    expect(runbook.tasks[0]).toMatchObject({ dependsOn: [], hold: false, phase: 'Q', allowSkipped: true });
    expect(runbook.tasks[1]).toMatchObject({
      dependsOn: ['base'],
      hold: true,
      phase: 'P',
      description: 'D',
      expects: [{ command: 'true' }],
      work: { instructions: ['text'], gate: true },
    });
  });

  test('depends on another once, however often it says so', () => {
    const { runbook } = resolve([{ entry: manual('a') }, { entry: manual('b', { depends_on: ['a', 'a'] }) }]);
    expect(runbook.tasks[1]?.dependsOn).toEqual(['a']);
  });

  test('keeps an own list of instructions apart from a text', () => {
    expect(
      only({ entry: manual('a', { task_detail_file: 'f' }), detail: { id: 'a', manual_instructions: 'one\ntwo' } }).task
        .work,
    ).toEqual({
      type: 'MANUAL',
      instructions: ['one\ntwo'],
      gate: false,
    });
  });
});

describe('a script', () => {
  const DEFAULT = { env: {}, retries: 0, retryDelayMs: 0, successExitCodes: [0], stdin: 'none', capture: false };

  test.each<[what: string, own: RawDetail['script_details'], defaults: RawDetail['script_details'], script: object]>([
    ['as text is for the shell', 'a && b', undefined, { ...DEFAULT, command: { kind: 'shell', line: 'a && b' } }],
    [
      'as a mapping is run without a shell',
      { command: 'npm' },
      undefined,
      { ...DEFAULT, command: { kind: 'exec', file: 'npm', args: [] } },
    ],
    [
      'has its options',
      {
        command: 'c',
        args: ['x', 1, true],
        cwd: 'd',
        env: { A: 1 },
        env_file: '.env',
        timeout: '5m',
        retries: 2,
        retry_delay: 1.5,
        success_exit_codes: [3],
        stdin: 'inherit',
        capture: 'stdout',
      },
      undefined,
      {
        command: { kind: 'exec', file: 'c', args: ['x', '1', 'true'] },
        cwd: 'd',
        env: { A: '1' },
        envFile: '.env',
        timeoutMs: 300_000,
        retries: 2,
        retryDelayMs: 1500,
        successExitCodes: [3],
        stdin: 'inherit',
        capture: true,
      },
    ],
    [
      'as text has the options of the defaults',
      'a',
      { timeout: 7, retries: 1 },
      { ...DEFAULT, command: { kind: 'shell', line: 'a' }, timeoutMs: 7000, retries: 1 },
    ],
    [
      'takes its command from the defaults',
      { timeout: 1 },
      'make',
      { ...DEFAULT, command: { kind: 'shell', line: 'make' }, timeoutMs: 1000 },
    ],
    [
      'overrides options of the defaults',
      { command: 'c', retries: 0 },
      { retries: 5, timeout: 1 },
      { ...DEFAULT, command: { kind: 'exec', file: 'c', args: [] }, timeoutMs: 1000 },
    ],
    [
      'with arguments left empty has none',
      { command: 'c', args: null, env: null },
      undefined,
      { ...DEFAULT, command: { kind: 'exec', file: 'c', args: [] } },
    ],
  ])('%s', (_, own, defaults, expected) => {
    const detail: RawDetail = { id: 'a', ...(own === undefined ? {} : { script_details: own }) };
    const { task, problems } = only(
      { entry: script('a'), detail },
      defaults === undefined ? {} : { defaults: { script_details: defaults } },
    );
    expect(task.work).toEqual({ type: 'AUTOMATED_SCRIPT', script: expected });
    expect(problems).toEqual([]);
  });
});

describe('a model task', () => {
  test('has the details of its file over those of the defaults', () => {
    const detail: RawDetail = { id: 'a', ai_details: { prompt_template: 'own.md', max_attempts: 3 } };
    const { task, problems } = only(
      { entry: ai('a'), detail },
      { defaults: { ai_details: { model: 'm', max_attempts: 1 } } },
    );
    expect(task.work).toEqual({ type: 'AI_ASSISTED', ai: { model: 'm', prompt_template: 'own.md', max_attempts: 3 } });
    expect(problems).toEqual([]);
  });
});

describe('wrong with one task alone', () => {
  const absent: DetailFile = { kind: 'absent', file: 'tasks/a.yaml', reason: 'does not exist', advice: 'create it' };
  const broken: DetailFile = {
    kind: 'broken',
    file: 'tasks/a.yaml',
    source: { file: 'tasks/a.yaml', text: 'x' },
    problems: [
      {
        severity: 'error',
        code: 'yaml-syntax',
        message: 'bad',
        spot: { source: { file: 'tasks/a.yaml', text: 'x' }, path: [] },
      },
    ],
  };

  test.each<[what: string, given: Given, problem: { code: string; message: string; place: string } | undefined]>([
    [
      'a script without a detail file',
      { entry: script('a') },
      {
        code: 'missing-detail-file',
        message: 'task "a" (AUTOMATED_SCRIPT) names no "task_detail_file"',
        place: 'runbook.yaml:tasks.0.id',
      },
    ],
    [
      'a model task without a detail file',
      { entry: ai('a') },
      {
        code: 'missing-detail-file',
        message: 'task "a" (AI_ASSISTED) names no "task_detail_file"',
        place: 'runbook.yaml:tasks.0.id',
      },
    ],
    [
      'a detail file that is not there',
      { entry: manual('a'), detail: absent },
      {
        code: 'missing-detail-file',
        message: 'the detail file of "a" does not exist: tasks/a.yaml',
        place: 'runbook.yaml:tasks.0.task_detail_file',
      },
    ],
    [
      'a detail file with errors',
      { entry: manual('a'), detail: broken },
      { code: 'yaml-syntax', message: 'bad', place: 'tasks/a.yaml:' },
    ],
    [
      'an empty detail file of a script',
      { entry: script('a'), detail: 'empty' },
      { code: 'unwritten', message: 'tasks/a.yaml is empty: task "a" is not yet written', place: 'tasks/a.yaml:' },
    ],
    ['an empty detail file of a manual step', { entry: manual('a'), detail: 'empty' }, undefined],
    [
      'another id',
      { entry: manual('a'), detail: { id: 'b' } },
      { code: 'id-mismatch', message: '"id" is b here, but a in runbook.yaml', place: 'tasks/a.yaml:id' },
    ],
    [
      'another type',
      { entry: manual('a'), detail: { id: 'a', type: 'AI_ASSISTED' } },
      {
        code: 'type-mismatch',
        message: '"type" is AI_ASSISTED here, but MANUAL in runbook.yaml',
        place: 'tasks/a.yaml:type',
      },
    ],
    [
      'no command',
      { entry: script('a'), detail: { id: 'a', script_details: { timeout: 1 } } },
      { code: 'missing-key', message: 'task "a" has no command to run', place: 'tasks/a.yaml:' },
    ],
    [
      'no prompt template',
      { entry: ai('a'), detail: { id: 'a' } },
      { code: 'missing-key', message: 'task "a" has no prompt template', place: 'tasks/a.yaml:' },
    ],
    [
      'a section of another type',
      { entry: manual('a'), detail: { id: 'a', script_details: 'x' } },
      {
        code: 'wrong-section',
        message: '"script_details" belongs to AUTOMATED_SCRIPT tasks, but "a" is MANUAL',
        place: 'tasks/a.yaml:script_details',
      },
    ],
  ])('%s', (_, given, problem) => {
    expect(only(given).problems).toEqual(problem === undefined ? [] : [{ ...problem, taskId: 'a' }]);
  });

  test('leaves nothing to do where nobody can say what', () => {
    const given: Given[] = [
      { entry: script('a'), detail: 'empty' },
      { entry: ai('b') },
      { entry: manual('c'), detail: absent },
      { entry: manual('d'), detail: broken },
    ];
    const { runbook } = resolve(given);
    expect(runbook.tasks.map(({ work, detail }) => [work, detail?.writable])).toEqual([
      [undefined, false],
      [undefined, undefined],
      [undefined, false],
      [undefined, false],
    ]);
  });
});

describe('an artifact', () => {
  const writing = (id: string, artifact: string): Given => ({
    entry: manual(id, { task_detail_file: `tasks/${id}.yaml` }),
    detail: { id, output_artifact: artifact },
  });
  const codesOf = (...given: Given[]) =>
    resolve(given).runbook.problems.map(({ code, taskId }) => `${taskId}: ${code}`);

  test.each([
    ['outputs/a.md', undefined],
    ['a.md', undefined],
    ['./outputs/../b.md', undefined],
    ['src/.git.md', undefined],
    ['.gitignore', undefined],
    ['.env.example', undefined],
    ['tasks.md', undefined],
    ['sub/tasks/a.yaml', undefined],
    ['/etc/passwd', 'outside-project'],
    ['../a.md', 'outside-project'],
    ['outputs/../../a.md', 'outside-project'],
    ['C:\\a.md', 'outside-project'],
    ['a\0b', 'outside-project'],
    ['.git/hooks/pre-commit', 'forbidden-artifact'],
    ['.GIT/config', 'forbidden-artifact'],
    ['./.git/config', 'forbidden-artifact'],
    ['x/../.git/config', 'forbidden-artifact'],
    ['.orchestrate/state.db', 'forbidden-artifact'],
    ['.env', 'forbidden-artifact'],
    ['runbook.yaml', 'forbidden-artifact'],
    ['./runbook.yaml', 'forbidden-artifact'],
    ['Runbook.YAML', 'forbidden-artifact'],
    ['tasks/b.yaml', 'forbidden-artifact'],
    ['tasks', 'forbidden-artifact'],
    ['config/models.yaml', 'forbidden-artifact'],
    ['.', 'forbidden-artifact'],
    ['outputs/..', 'forbidden-artifact'],
  ])('at %j: %s', (artifact, code) => {
    expect(codesOf(writing('a', artifact))).toEqual(code === undefined ? [] : [`a: ${code}`]);
    expect(leadsOutside(artifact)).toBe(code === 'outside-project');
    expect(isForbiddenArtifact(artifact)).toBe(code === 'forbidden-artifact');
  });

  test('that another task writes too, however it is written, is an error of the later one', () => {
    expect(
      codesOf(writing('a', 'outputs/x.md'), writing('b', './outputs//y/../x.md'), writing('c', 'outputs/z.md')),
    ).toEqual(['b: shared-artifact']);
  });

  test('is never the detail file of a task, wherever that lies', () => {
    const elsewhere: Given = { entry: manual('b', { task_detail_file: 'details/b.yaml' }), detail: { id: 'b' } };
    expect(codesOf(writing('a', './details/b.yaml'), elsewhere)).toEqual(['a: forbidden-artifact']);
  });

  test('that the defaults name is at fault there', () => {
    const { runbook } = resolve([{ entry: manual('a') }], { defaults: { output_artifact: '../x' } });
    expect(runbook.problems.map(({ spot }) => [spot?.source.file, spot?.path.join('.')])).toEqual([
      ['runbook.yaml', 'defaults.output_artifact'],
    ]);
  });
});

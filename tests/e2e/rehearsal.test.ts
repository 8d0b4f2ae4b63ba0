// What `run --dry-run` says is what `run` then does: generated runbooks, with what can keep a task from running, under many options.
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';
import { filesOf, type TaskFiles } from './kit.ts';

const SIZE = 9;

type Part = {
  readonly kind: 'script' | 'failed' | 'manual' | 'gate' | 'unwritten' | 'broken';
  readonly status: string;
  readonly hold: boolean;
  readonly allowSkipped: boolean;
  readonly when: string;
  readonly wants: readonly number[];
  readonly place: number;
};

/** Acyclic by `place`, so that dependencies point both up and down the file. */
const anyPart: fc.Arbitrary<Part> = fc.record({
  kind: fc.constantFrom<Part['kind']>('script', 'script', 'script', 'manual', 'gate', 'unwritten', 'broken', 'failed'),
  status: fc.constantFrom('PENDING', 'PENDING', 'PENDING', 'READY', 'DONE', 'SKIPPED'),
  hold: fc.nat(9).map((n) => n === 0),
  allowSkipped: fc.boolean(),
  when: fc.constantFrom(
    '',
    '',
    '',
    'vars.env == "a"',
    'vars.env != "a"',
    'outputs.first.k == "v"',
    'outputs.first.k != "v"',
  ),
  wants: fc.uniqueArray(fc.nat(SIZE - 1), { maxLength: 3 }),
  place: fc.nat(1000),
});

const DETAILS: Record<Part['kind'], string> = {
  script: 'script_details: "true"',
  failed: 'script_details: "true"',
  manual: 'manual_instructions: do it',
  gate: 'gate: true',
  unwritten: '',
  broken: 'output_artifact: tasks\nscript_details: "true"',
};

function taskOf(
  { kind, status, hold, allowSkipped, when, ...part }: Part,
  index: number,
  all: readonly Part[],
): TaskFiles {
  const wants = part.wants.filter((want) => (all[want]?.place ?? 0) < part.place).map((want) => `t${want}`);
  // Known before the run: what `first` leaves stands in its file.
  const dependsOn = when.startsWith('outputs') ? ['first', ...wants] : wants;
  const entry = [
    `status: ${kind === 'failed' ? 'ERROR' : status}`,
    `depends_on: [${dependsOn.join(', ')}]`,
    `allow_skipped: ${allowSkipped}`,
    ...(hold ? ['hold: true'] : []),
    ...(when === '' ? [] : [`when: '${when}'`]),
  ];
  const type = kind === 'manual' || kind === 'gate' ? 'MANUAL' : 'AUTOMATED_SCRIPT';
  return { id: `t${index}`, type, entry: entry.join(', '), detail: DETAILS[kind] };
}

const FIRST: TaskFiles = {
  id: 'first',
  entry: 'status: DONE',
  detail: 'status: DONE\nscript_details: "true"\nlast_run: {outcome: SUCCESS, outputs: {k: v}}',
};

function projectFiles(parts: readonly Part[]): Record<string, string> {
  const files = filesOf([FIRST, ...parts.map(taskOf)], 'vars: {env: a}\n');
  const empty = parts.flatMap(({ kind }, index) => (kind === 'unwritten' ? [[`tasks/t${index}.yaml`, '']] : []));
  return { ...files, ...(Object.fromEntries(empty) as Record<string, string>) };
}

type Told = { readonly id: string };
type Plan = {
  readonly steps: Told[];
  readonly skipped: Told[];
  readonly stuck: Told[];
  readonly halted_by: string | null;
};
type Event = { readonly event: string; readonly task_id?: string; readonly to?: string };

async function planned(project: Project, args: readonly string[]) {
  const { stdout } = await project.run([...args, '--dry-run', '--json']);
  const { steps, skipped, halted_by } = JSON.parse(stdout) as Plan;
  const ids = (of: readonly Told[]) => of.map(({ id }) => id);
  return { started: ids(steps), skipped: ids(skipped), halted: halted_by !== null };
}

async function done(project: Project, args: readonly string[]) {
  const { stdout } = await project.run([...args, '--json']);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event & { ended?: string; ran?: unknown[] });
  const of = (wanted: (event: Event) => boolean) => events.filter(wanted).map(({ task_id = '' }) => task_id);
  const last = events.at(-1);
  return {
    started: of(({ event }) => event === 'task_started'),
    skipped: of(({ event, to }) => event === 'moved' && to === 'SKIPPED'),
    halted: last?.ended === 'error' && last.ran?.length === 0 && !args.includes('--keep-going'),
  };
}

describe.concurrent('a rehearsal', () => {
  test.for([
    ['run'],
    ['run', '--keep-going', '--yes'],
    ['run', '--keep-going', '--until', 't6', '--var', 'env=b'],
    ['run', '--keep-going', '--start-from', 't3', '--yes'],
    ['run', '--only', 't1', 't2', 't4', '--yes'],
    ['run', '--keep-going', '--type', 'AUTOMATED_SCRIPT'],
    ['run', '--fresh', '--keep-going', '--yes'],
  ])('of %j tells what then happens, and writes nothing', async (args, { expect }) => {
    // Always the same runbooks, so that a failure can be looked into.
    const seed = args.join(' ').length;
    const [parts = []] = fc.sample(fc.array(anyPart, { minLength: SIZE, maxLength: SIZE }), { numRuns: 1, seed });
    await using project = await createProject(projectFiles(parts));
    const before = await project.snapshot();
    const plan = await planned(project, args);
    expect(await project.snapshot()).toEqual(before);
    expect({ args, ...(await done(project, args)) }).toEqual({ args, ...plan });
  });
});

test('a task whose template is missing is no next one, whoever is asked', async ({ expect }) => {
  await using project = await createProject(
    filesOf([
      { id: 'a', entry: 'x-y: 1', detail: 'ai_details: {prompt_template: prompt_templates/none.md}' },
      { id: 'b', detail: 'script_details: "true"' },
    ]),
  );
  const runbook = await project.read('runbook.yaml');
  await project.write('runbook.yaml', runbook.replace('AUTOMATED_SCRIPT', 'AI_ASSISTED'));
  const told = async (...args: string[]) => JSON.parse((await project.run([...args, '--json'])).stdout) as object;
  expect(await told('status')).toMatchObject({ next: 'b' });
  expect(await told('why')).toMatchObject({ next: { id: 'b' }, actions: [{ id: 'a', kind: 'broken' }] });
  expect(await told('next', '--dry-run')).toMatchObject({ steps: [{ id: 'b' }] });
});

// The index that commands leave for whoever only looks: it makes no difference but in time, holds no secret, and is nothing that must be there.
import { statSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readIndex } from '../../src/runbook/file-index.ts';
import { seesAtOnce } from '../../src/system/versions.ts';
import { createProject, type Project } from '../rig/project.ts';
import { edit, filesOf } from './kit.ts';

const INDEX = '.orchestrate/index';
const AGED_MS = 70;

const FILES = {
  ...filesOf([
    { id: 'gen', detail: 'output_artifact: outputs/gen.txt\nscript_details: sh scripts/gen.sh\nstatus: PENDING' },
    { id: 'use', entry: 'depends_on: [gen]', detail: 'script_details: cat outputs/gen.txt\nstatus: PENDING' },
    { id: 'sign', type: 'MANUAL', entry: 'depends_on: [gen]', detail: 'manual_instructions: [look]\nstatus: PENDING' },
    { id: 'ship', entry: 'depends_on: [use, sign]', detail: 'script_details: "true"\nstatus: PENDING' },
  ]),
  'scripts/gen.sh': 'mkdir -p outputs\necho v1 > outputs/gen.txt\n',
};

const LOOKS = [['status', '--json'], ['status'], ['next', '--dry-run'], ['why', '--json']];
/** They tell what the others tell, and each look is a process. */
const FEW_LOOKS = [
  ['status', '--json'],
  ['why', '--json'],
];

/** What the looks say. */
async function looks(project: Project, commands = LOOKS): Promise<unknown[]> {
  return Promise.all(
    commands.map(async (args) => {
      const { code, stdout, stderr } = await project.run(args);
      return { args, code, stdout, stderr };
    }),
  );
}

async function withoutIndex(project: Project, commands = LOOKS): Promise<unknown[]> {
  const index = path.join(project.dir, INDEX);
  const aside = path.join(project.home, 'index');
  const had = await project.exists(INDEX);
  if (had) await fs.rename(index, aside);
  const said = await looks(project, commands);
  if (had) await fs.rename(aside, index);
  return said;
}

async function build(): Promise<string> {
  const main = await fs.readFile(path.resolve(import.meta.dirname, '../../dist/main.cjs'), 'utf8');
  return /^\/\/ ([0-9a-f]{16})\n/.exec(main)?.[1] ?? '';
}

/** Whether a look need not read any file. */
async function isWhole(project: Project): Promise<boolean> {
  return readIndex(project.dir, await build())?.whole() !== undefined;
}

// Elsewhere there is no index.
describe.runIf(seesAtOnce(tmpdir()))('the index', () => {
  test.each([[['next']], [['run', '--yes']], [['done', 'gen', '--force']], [['skip', 'gen']]])(
    'after %j a look reads no YAML; after an edit by hand it tells what was edited',
    async (args) => {
      await using project = await createProject(FILES);
      await project.run(args);
      await sleep(AGED_MS);
      expect(await isWhole(project)).toBe(true);
      expect(statSync(path.join(project.dir, INDEX)).mode & 0o777).toBe(0o600);
      expect(await looks(project)).toEqual(await withoutIndex(project));
      await edit(project, 'tasks/ship.yaml', '"true"', '"false"');
      expect(await isWhole(project)).toBe(false);
      expect((await project.run(['show', 'ship'])).stdout).toContain('false');
      expect(await looks(project)).toEqual(await withoutIndex(project));
    },
  );

  test('a look leaves no index, nor does a command that is refused; one that has nothing to do leaves the one that is there', async () => {
    await using project = await createProject(FILES);
    await looks(project);
    await project.run(['done', 'nothing-of-that-name']);
    expect(await project.exists('.orchestrate')).toBe(false);
    await project.run(['run', '--yes']);
    const index = await project.read(INDEX);
    await sleep(AGED_MS);
    await project.run(['next']);
    expect(await project.read(INDEX)).toBe(index);
    await project.write(INDEX, index.slice(1));
    await looks(project);
    expect(await project.read(INDEX)).toBe(index.slice(1));
    await project.run(['next']);
    expect(await isWhole(project)).toBe(true);
  });

  describe('secrets', () => {
    const SECRET = 'hunter2-hunter2';

    test.each([
      ['of .env', { '.env': `API_TOKEN=${SECRET}\n` }, ''],
      ['that the runbook gives to scripts', {}, `env: {API_TOKEN: ${SECRET}}\n`],
      ['that the runbook names', { '.env': `PASSPHRASE=${SECRET}\n` }, 'secrets: [PASSPHRASE]\n'],
    ])('%s are in no index', async (_, files: Record<string, string>, head) => {
      const tasks = filesOf([{ id: 'a', detail: `description: uses ${SECRET}\nscript_details: "true"` }], head);
      await using project = await createProject({ ...tasks, ...files });
      expect((await project.run(['run'])).code).toBe(0);
      expect(await project.exists(INDEX)).toBe(false);
      expect(await looks(project)).toEqual(await withoutIndex(project));
    });

    test('that come into the files later take the index away with the next command', async () => {
      await using project = await createProject({ ...FILES, '.env': `API_TOKEN=${SECRET}\n` });
      await project.run(['next']);
      expect(await project.exists(INDEX)).toBe(true);
      await edit(project, 'tasks/ship.yaml', '"true"', `"echo ${SECRET}"`);
      await project.run(['next']);
      expect(await project.exists(INDEX)).toBe(false);
    });
  });

  const step = fc.oneof(
    fc.record({
      kind: fc.constant('command' as const),
      args: fc.constantFrom(
        ['next', '--yes'],
        ['done', 'sign', '--force'],
        ['skip', 'use'],
        ['reset', 'gen'],
        ['undo'],
      ),
    }),
    fc.record({
      kind: fc.constant('edit' as const),
      file: fc.constantFrom('runbook.yaml', 'tasks/gen.yaml', 'tasks/use.yaml', 'tasks/sign.yaml', 'scripts/gen.sh'),
      from: fc.constantFrom(/status: \w+/, /look|book/, /v\d/, /Task \w+/),
      to: fc.constantFrom('status: READY', 'status: ERROR', 'status: DONE', 'book', 'v2', 'Task x', 'status: [', ''),
      isRenamed: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('wait' as const) }),
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  async function take(project: Project, one: Step): Promise<void> {
    if (one.kind === 'wait') return sleep(AGED_MS);
    if (one.kind === 'command') return void (await project.run(one.args));
    const text = (await project.read(one.file)).replace(one.from, one.to);
    const file = path.join(project.dir, one.file);
    await project.write(one.isRenamed ? `${one.file}.new` : one.file, text);
    if (one.isRenamed) await fs.rename(`${file}.new`, file);
  }

  test('whatever commands and people do, a look says the same with the index and without', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 6 }), async (steps) => {
        await using project = await createProject(FILES);
        await project.run(['next']);
        for (const one of steps) {
          await take(project, one);
          expect(await looks(project, FEW_LOOKS)).toEqual(await withoutIndex(project, FEW_LOOKS));
        }
      }),
      { numRuns: 5 },
    );
  }, 120_000);
});

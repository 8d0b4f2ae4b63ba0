// An artifact while an answer is reviewed and checked: neither the death of the process nor a person's save in between loses anything.
import { describe, expect, test } from 'vitest';
import { answer, createAiProject, serverVariables, statusOf, words } from '../rig/ai-project.ts';
import type { Variables } from '../rig/environment.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import type { Project } from '../rig/project.ts';
import type { Running } from '../rig/running.ts';

/** The check waits until it is told how to end, or until its orchestrate is gone. */
const CHECK = 'touch checking; until [ -s verdict ]; do sleep 0.02; done; exit $(cat verdict)';
const FILE = 'outputs/d.md';

async function checkedProject(former?: string): Promise<Project> {
  return createAiProject({
    detail: { output_artifact: FILE, expects: [{ command: CHECK }] },
    details: { auto_accept: true, max_attempts: 1 },
    ...(former === undefined ? {} : { files: { [FILE]: former } }),
  });
}

async function startChecking(project: Project, env: Variables): Promise<Running> {
  const running = project.start(['next'], { env });
  await expect.poll(() => project.exists('checking'), { timeout: 10_000 }).toBe(true);
  expect(await project.read(FILE)).toBe('The answer.\n');
  return running;
}

/** As a power cut does: the program and what it started. */
async function cutOff(project: Project, running: Running): Promise<void> {
  running.kill('SIGKILL');
  await project.write('verdict', '1');
  await running.done;
  await project.remove('verdict');
  await project.remove('checking');
}

const leftIn = async (project: Project): Promise<string[]> =>
  (await project.list()).filter((name) => /\.orchestrate\/former|\.tmp$|conflict/.test(name));

describe('killed while the checks ran', () => {
  test.each([
    ['is as it was before', 'precious hand-written text'],
    ['that was not there before is not there again', undefined],
  ])('the artifact %s, and nothing is paid twice', async (_what, former) => {
    await using server = await startModelServer();
    await using project = await checkedProject(former);
    server.enqueue(streamed('The answer.'));
    const env = serverVariables(server);
    await cutOff(project, await startChecking(project, env));
    const doctor = await project.run(['doctor'], { env });
    expect(doctor.stdout).toContain('no leftovers');
    await project.write('verdict', '1');
    const again = await project.run(['next'], { env });
    expect(again.stderr).toMatch(
      words(`warning: ${FILE} is ${former === undefined ? 'not there, as' : 'as it was'} before`),
    );
    expect(again.stderr).toMatch(words('while its answer was checked'));
    expect([again.code, server.requests.length]).toEqual([1, 1]);
    expect(await (former === undefined ? project.exists(FILE) : project.read(FILE))).toBe(former ?? false);
    expect(await leftIn(project)).toEqual([]);
  });

  test('what a person wrote since then stays, and what was there before is beside it', async () => {
    await using server = await startModelServer();
    await using project = await checkedProject('precious');
    server.enqueue(streamed('The answer.'));
    const env = serverVariables(server);
    await cutOff(project, await startChecking(project, env));
    await project.write(FILE, 'mended by hand\n');
    const reset = await project.run(['reset', 'draft'], { env });
    expect(reset.stderr).toMatch(words(`what it held before is in ${FILE}.conflict`));
    expect([await project.read(FILE), await project.read(`${FILE}.conflict`)]).toEqual([
      'mended by hand\n',
      'precious',
    ]);
    expect(await leftIn(project)).toEqual([`${FILE}.conflict`]);
  });

  test('one whose outcome stands in the journal keeps its answer', async () => {
    await using server = await startModelServer();
    await using project = await checkedProject('former');
    server.enqueue(streamed('The answer.'));
    const env = serverVariables(server);
    const running = await startChecking(project, env);
    const note = (await project.list()).find((name) => name.startsWith('.orchestrate/former/')) ?? '';
    const kept = await project.read(note);
    await project.write('verdict', '0');
    expect(await running.done).toMatchObject({ code: 0 });
    // As after a death between the journal and the removal.
    await project.write(note, kept);
    expect((await project.run(['retry', 'draft'], { env })).stderr).not.toContain(FILE);
    expect(await project.read(FILE)).toBe('The answer.\n');
    expect(await leftIn(project)).toEqual([]);
  });
});

test('what a person writes into the artifact while a check runs stays when the check fails; the former text is beside it', async () => {
  await using server = await startModelServer();
  await using project = await checkedProject('old text\n');
  server.enqueue(streamed('The answer.'));
  const running = await startChecking(project, serverVariables(server));
  await project.write(FILE, 'NEW hand-written text\n');
  await project.write('verdict', '1');
  const { code, stderr } = await running.done;
  expect(code).toBe(1);
  expect(stderr).toMatch(words('was changed by somebody else while it was checked: it stays as it is now'));
  expect(await project.read(FILE)).toBe('NEW hand-written text\n');
  expect(await project.read(`${FILE}.conflict`)).toBe('old text\n');
});

test('an artifact that was edited while its review was open is not replaced: the new difference is shown, and asked again', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({
    detail: { output_artifact: FILE },
    files: { [FILE]: 'old text\n' },
  });
  server.enqueue(streamed('The answer.'));
  await using terminal = await project.terminal(['next'], { env: serverVariables(server) });
  await terminal.waitFor('-old text');
  await terminal.waitFor('? Accept it?');
  await project.write(FILE, 'edit by the person\n');
  terminal.type('y\r');
  await terminal.waitFor(words('was changed by somebody else meanwhile: nothing was written'));
  await terminal.waitFor('-edit by the person');
  await terminal.waitFor('? Accept it?');
  expect(await project.read(FILE)).toBe('edit by the person\n');
  terminal.type('y\r');
  expect(await terminal.exit).toMatchObject({ code: 0 });
  expect([await statusOf(project), await project.read(FILE)]).toEqual(['DONE', 'The answer.\n']);
});

test('a file that appears under an open review is not replaced unseen either; --accept elsewhere is about the text of now', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({ detail: { output_artifact: FILE } });
  server.enqueue(streamed('The answer.'));
  const env = serverVariables(server);
  await using terminal = await project.terminal(['next'], { env });
  await terminal.waitFor('? Accept it?');
  await project.write(FILE, 'by hand\n');
  terminal.type('y\r');
  await terminal.waitFor('-by hand');
  await answer(terminal, 'Accept it?', 'q');
  expect(await terminal.exit).toMatchObject({ code: 3 });
  expect(await project.read(FILE)).toBe('by hand\n');
  await project.write(FILE, 'by hand, again\n');
  expect(await project.run(['review', 'draft', '--accept'], { env })).toMatchObject({ code: 0 });
  expect(await project.read(FILE)).toBe('The answer.\n');
});

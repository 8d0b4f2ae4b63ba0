// What a person writes with `m` in their editor: kept in the project until it is used, however the review ends.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { answer, callsOf, createAiProject, serverVariables, statusOf, words } from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import type { Project } from '../rig/project.ts';

/** Saves a text, then stays open until it may end. */
const SLOW = { 'slow.sh': `echo 'by hand' > "$1"; touch saved; until [ -e close ]; do sleep 0.02; done\n` };
const EDITS = '.orchestrate/edits';

const editsIn = async (project: Project): Promise<string[]> =>
  (await project.list()).filter((name) => name.startsWith(EDITS));
const inTmp = (project: Project): string[] =>
  readdirSync(path.join(path.dirname(project.dir), 'tmp')).filter((name) => name.startsWith('orchestrate-'));

test('a text whose check failed is kept after q, offered at the next review, and accepted with u and y', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({
    detail: { output_artifact: 'a.md', expects: [{ command: 'test -e ready' }] },
    files: SLOW,
  });
  server.enqueue(streamed('From the model.'));
  await project.write('close', '');
  const env = { ...serverVariables(server), EDITOR: 'sh slow.sh' };
  await using first = await project.terminal(['next'], { env });
  await answer(first, 'Accept it?', 'm');
  await first.waitFor('warning: not accepted');
  await answer(first, 'Accept it?', 'q');
  expect(await first.exit).toMatchObject({ code: 3 });
  expect(first.screen()).toMatch(words('the answer and your edited text are kept for review'));
  const [file = '', ...others] = await editsIn(project);
  expect([others, await project.read(file)]).toEqual([[], 'by hand\n']);
  const shown = await project.run(['review', 'draft'], { env });
  expect(shown).toMatchObject({ code: 3, stdout: 'From the model.\n' });
  expect(shown.stderr).toContain(file);
  const { stdout } = await project.run(['review', 'draft', '--json'], { env });
  expect(JSON.parse(stdout)).toMatchObject({ waiting: { edited: { file } } });
  await project.write('ready', '');
  await using second = await project.terminal(['review', 'draft'], { env });
  await second.waitFor(words('Your edited text of'));
  await answer(second, 'Accept it?', 'u');
  await second.waitFor('by hand');
  await answer(second, 'Accept it?', 'y');
  expect(await second.exit).toMatchObject({ code: 0 });
  expect(await project.read('a.md')).toBe('by hand\n');
  expect(callsOf(project)).toMatchObject([{ review: 'edited' }]);
  expect([await editsIn(project), inTmp(project)]).toEqual([[], []]);
});

test('killed with the editor open: what was saved is offered at the next review, and the editor goes on with it', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({ detail: { output_artifact: 'a.md' }, files: SLOW });
  server.enqueue(streamed('From the model.'));
  const env = { ...serverVariables(server), EDITOR: 'sh slow.sh' };
  await using first = await project.terminal(['next'], { env });
  await answer(first, 'Accept it?', 'm');
  await expect.poll(() => project.exists('saved'), { timeout: 10_000 }).toBe(true);
  first.kill('SIGKILL');
  await first.exit;
  await project.write('close', '');
  await using second = await project.terminal(['next'], { env: { ...env, EDITOR: 'sed -i s/hand/pen/' } });
  await second.waitFor(words('Your edited text of'));
  await answer(second, 'Accept it?', 'm');
  expect(await second.exit).toMatchObject({ code: 0 });
  expect(await project.read('a.md')).toBe('by pen\n');
  expect(server.requests).toHaveLength(1);
  expect([await editsIn(project), inTmp(project)]).toEqual([[], []]);
});

test('answered elsewhere while the editor was open: the text stays, it is said where, and the review is over', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({ detail: { output_artifact: 'a.md' }, files: SLOW });
  server.enqueue(streamed('From the model.'));
  const env = { ...serverVariables(server), EDITOR: 'sh slow.sh' };
  await using terminal = await project.terminal(['next'], { env, cols: 200 });
  await answer(terminal, 'Accept it?', 'm');
  await expect.poll(() => project.exists('saved'), { timeout: 10_000 }).toBe(true);
  expect(await project.run(['review', 'draft', '--accept'], { env })).toMatchObject({ code: 0 });
  await project.write('close', '');
  const [, file = ''] = await terminal.waitFor(
    /"draft" was answered elsewhere meanwhile\. Your edited text is in (\S+)\./,
  );
  expect(await terminal.exit).toMatchObject({ code: 3 });
  expect(terminal.text().split('Your edited text is in')[1]).not.toContain('Accept it?');
  expect([await project.read(file), await project.read('a.md')]).toEqual(['by hand\n', 'From the model.\n']);
  expect(await statusOf(project)).toBe('DONE');
  await project.run(['reset', 'draft'], { env });
  expect(await editsIn(project)).toEqual([file]);
});

test('a prompt that was edited and not sent is kept and offered again; once it is sent, it is gone', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({ ai: { confirm_send: true }, files: SLOW });
  server.enqueue(streamed('Text.'));
  await project.write('close', '');
  const env = { ...serverVariables(server), EDITOR: 'sh slow.sh' };
  await using first = await project.terminal(['next'], { env });
  await answer(first, 'Send it?', 'm');
  await answer(first, 'Send it?', 'q');
  expect(await first.exit).toMatchObject({ code: 3 });
  expect(await editsIn(project)).toHaveLength(1);
  await using second = await project.terminal(['next'], { env });
  await second.waitFor(words('Your edited text of'));
  await answer(second, 'Send it?', 'u');
  await answer(second, 'Send it?', 'y');
  await answer(second, 'Accept it?', 'y');
  expect(await second.exit).toMatchObject({ code: 0 });
  expect(server.requests[0]?.body.messages[0]?.content).toBe('by hand\n');
  expect([await editsIn(project), inTmp(project)]).toEqual([[], []]);
});

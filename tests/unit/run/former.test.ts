// What an artifact held before: kept, and put back only over what was written in its place.
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Former, forgetFormer, formersLeft, keepFormer, putBack } from '../../../src/run/former.ts';
import { makeFolder } from '../temporary.ts';

const OURS = 'the answer\n';
const BYTES = Buffer.from([0x63, 0xff, 10]);

const former = (was: Buffer | null): Former => ({
  taskId: 'draft.v2',
  runId: 'run',
  artifact: 'out/d.md',
  written: Buffer.from(OURS),
  former: was,
});

/** What is in the folder, with the notes of former artifacts left out. */
function filesIn(root: string): Record<string, string> {
  const names = fs.existsSync(path.join(root, 'out')) ? fs.readdirSync(path.join(root, 'out')) : [];
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(root, 'out', name), 'latin1')]));
}

async function kept(root: string, one: Former): Promise<Former> {
  await keepFormer(root, one);
  const [found] = await formersLeft(root);
  if (found === undefined) throw new Error('nothing is kept');
  return found;
}

test('what is kept is private, whole, byte for byte, and gone without a trace when it is forgotten', async () => {
  const root = makeFolder();
  expect(await kept(root, former(BYTES))).toEqual(former(BYTES));
  const file = path.join(root, '.orchestrate/former/draft.v2.json');
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  forgetFormer(root, 'draft.v2');
  expect(fs.readdirSync(path.join(root, '.orchestrate'))).toEqual([]);
});

test('a note that cannot be understood is removed', async () => {
  const root = makeFolder({ '.orchestrate/former/draft.json': '{"artifact": "x"' });
  expect(await formersLeft(root)).toEqual([]);
  expect(fs.readdirSync(path.join(root, '.orchestrate'))).toEqual([]);
});

test('an answer that was not accepted never becomes what is put back', async () => {
  const root = makeFolder({ 'out/d.md': OURS });
  await keepFormer(root, former(BYTES));
  const next = { ...former(Buffer.from(OURS)), written: Buffer.from('the second answer\n') };
  expect((await kept(root, next)).former).toEqual(BYTES);
  fs.writeFileSync(path.join(root, 'out/d.md'), 'by hand\n');
  expect((await kept(root, { ...next, former: Buffer.from('by hand\n') })).former).toEqual(Buffer.from('by hand\n'));
});

describe('put back', () => {
  test.each<[string, string | undefined, Buffer | null, Awaited<ReturnType<typeof putBack>>, Record<string, string>]>([
    ['over what was written', OURS, BYTES, { kind: 'back' }, { 'd.md': BYTES.toString('latin1') }],
    ['by removing it where there was none', OURS, null, { kind: 'back' }, {}],
    ['where nothing had been written yet', 'old', Buffer.from('old'), { kind: 'back' }, { 'd.md': 'old' }],
    [
      'beside it where somebody changed it',
      'theirs',
      Buffer.from('old'),
      { kind: 'theirs', keptAs: 'out/d.md.conflict' },
      { 'd.md': 'theirs', 'd.md.conflict': 'old' },
    ],
    [
      'beside it where somebody removed it',
      undefined,
      Buffer.from('old'),
      { kind: 'theirs', keptAs: 'out/d.md.conflict' },
      { 'd.md.conflict': 'old' },
    ],
    ['not at all where somebody changed what was new', 'theirs', null, { kind: 'theirs' }, { 'd.md': 'theirs' }],
  ])('%s', async (_what, now, was, result, files) => {
    const root = makeFolder(now === undefined ? {} : { 'out/d.md': now });
    expect(await putBack(root, await kept(root, former(was)))).toEqual(result);
    expect(filesIn(root)).toEqual(files);
    expect(await formersLeft(root)).toEqual([]);
  });

  test('never outside of the project, nor into a place that no task may write; it is kept on', async () => {
    const root = makeFolder();
    for (const artifact of ['../x.md', 'tasks/x.yaml', '.git/config']) {
      expect(await putBack(root, await kept(root, { ...former(BYTES), artifact }))).toMatchObject({ kind: 'failed' });
      expect(await formersLeft(root)).toHaveLength(1);
    }
  });

  test('under the next free name where there is a conflict already', async () => {
    const root = makeFolder({ 'out/d.md': 'theirs', 'out/d.md.conflict': 'older' });
    expect(await putBack(root, await kept(root, former(BYTES)))).toEqual({
      kind: 'theirs',
      keptAs: 'out/d.md.conflict-2',
    });
    expect(filesIn(root)['d.md.conflict']).toBe('older');
  });
});

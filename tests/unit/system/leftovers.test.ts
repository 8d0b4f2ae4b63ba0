// What a killed write leaves is found by its name, and by its content told from what somebody else has saved.
import * as fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { asideName, isForeign, leftoversIn, markOf, newName } from '../../../src/system/leftovers.ts';
import { makeFolder } from '../temporary.ts';

const mark = (text: string) => markOf(Buffer.from(text));

/** No process has so high a number (Linux allows 2^22). */
const GONE = 999_999_999;
const ofDead = (name: string) => path.basename(name).replace(`.${process.pid}.`, `.${GONE}.`);

test('only temporary files whose writer is gone are leftovers', async () => {
  const folder = makeFolder();
  const target = path.join(folder, 'a.yaml');
  const ours = [ofDead(newName(target)), ofDead(asideName(target, ['one', 'other'].map(mark)))];
  const others = [
    path.basename(newName(target)),
    path.basename(asideName(target, ['one'].map(mark))),
    `.a.yaml.${GONE}.tmp`,
    `a.yaml.${GONE}.1.new.tmp`,
    `.a.yaml.${GONE}.1.new.tmp2`,
    `.a.yaml.${GONE}.1.01234567-.tmp`,
    '.a.yaml.x.1.new.tmp',
    `..${GONE}.1.new.tmp`,
  ];
  for (const name of [...ours, ...others]) fs.writeFileSync(path.join(folder, name), '');
  fs.mkdirSync(path.join(folder, `.folder.${GONE}.1.new.tmp`));
  fs.symlinkSync('a', path.join(folder, `.link.${GONE}.1.new.tmp`));
  const [only, aside] = ours.map((name) => path.join(folder, name));
  const found = (await leftoversIn(folder, new Set())).sort((one) => (one.marks ? 1 : -1));
  expect(found).toEqual([
    { file: only, target },
    { file: aside, target, marks: [expect.stringMatching(/^[0-9a-f]{8}$/), expect.stringMatching(/^[0-9a-f]{8}$/)] },
  ]);
  expect(await leftoversIn(path.join(folder, 'none'), new Set())).toEqual([]);
});

test('what an earlier process of the same number has left is a leftover too, as in a container', async () => {
  const folder = makeFolder();
  const target = path.join(folder, 'a.yaml');
  const [ours, other] = [newName(target), newName(target)];
  const number = /\.(\d+)\.new\.tmp$/.exec(other)?.[1] ?? '';
  const earlier = other.replace(`.${number}.new`, `.${Number(number) + 1_000_000}.new`);
  for (const name of [ours, earlier]) fs.writeFileSync(name, '');
  expect((await leftoversIn(folder, new Set())).map(({ file }) => file)).toEqual([earlier]);
});

test.each(['x'.repeat(250), 'ü'.repeat(120), '🙂'.repeat(60)])(
  'a name of almost 255 bytes is shortened, and found again: %#',
  async (base) => {
    const folder = makeFolder();
    const target = path.join(folder, base);
    const name = ofDead(asideName(target, ['one', 'other'].map(mark)));
    fs.writeFileSync(path.join(folder, name), 'two');
    expect(await leftoversIn(folder, new Set([target]))).toMatchObject([{ target }]);
  },
);

test('a name is given once: what stayed under an earlier one is never written over', () => {
  expect(asideName('/x/a', ['one'].map(mark))).not.toBe(asideName('/x/a', ['one'].map(mark)));
});

const FORMER = '# by hand\nstatus: RUNNING\n';
const NEXT = '# by hand\nstatus: DONE\n';

test.each<[string, string, boolean]>([
  ['what stood there', FORMER, false],
  ['what was to stand there', NEXT, false],
  ['what stands there now', 'edited since\n', false],
  ['nothing', '', false],
  ['a part of what was to stand there, which is never under this name', NEXT.slice(0, 20), true],
  ['what somebody saved in that moment', `${FORMER}# and this\n`, true],
])("%s: is it somebody else's? %#", async (_what, left, foreign) => {
  const folder = makeFolder({ 'a.yaml': 'edited since\n' });
  const name = ofDead(asideName(path.join(folder, 'a.yaml'), [FORMER, NEXT].map(mark)));
  fs.writeFileSync(path.join(folder, name), left);
  expect((await leftoversIn(folder, new Set())).map(isForeign)).toEqual([{ ok: true, value: foreign }]);
});

test('a part of what is only ours is nobody else’s, and of what cannot be read nobody knows', () => {
  const folder = makeFolder({ part: 'x' });
  const target = path.join(folder, 'a');
  expect(isForeign({ file: path.join(folder, 'part'), target })).toEqual({ ok: true, value: false });
  expect(isForeign({ file: path.join(folder, 'gone'), target, marks: ['0'] }).ok).toBe(false);
});

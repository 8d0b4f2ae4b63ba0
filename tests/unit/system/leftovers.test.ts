// What a killed write leaves is found by its name, and by its content told from what somebody else has saved.
import * as fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { asideName, isForeign, leftoversIn, newName } from '../../../src/system/leftovers.ts';
import { makeFolder } from '../temporary.ts';

/** No process has so high a number (Linux allows 2^22). */
const GONE = 999_999_999;
const ofDead = (name: string) => path.basename(name).replace(`.${process.pid}.`, `.${GONE}.`);

test('only temporary files whose writer is gone are leftovers', async () => {
  const folder = makeFolder();
  const target = path.join(folder, 'a.yaml');
  const ours = [ofDead(newName(target)), ofDead(asideName(target, ['one', Buffer.from('other')]))];
  const others = [
    path.basename(newName(target)),
    path.basename(asideName(target, ['one'])),
    `.a.yaml.${GONE}.tmp`,
    `a.yaml.${GONE}.new.tmp`,
    `.a.yaml.${GONE}.new.tmp2`,
    `.a.yaml.${GONE}.1.0123456789ab-.tmp`,
    '.a.yaml.x.new.tmp',
    `..${GONE}.new.tmp`,
  ];
  for (const name of [...ours, ...others]) fs.writeFileSync(path.join(folder, name), '');
  fs.mkdirSync(path.join(folder, `.folder.${GONE}.new.tmp`));
  fs.symlinkSync('a', path.join(folder, `.link.${GONE}.new.tmp`));
  const [only, aside] = ours.map((name) => path.join(folder, name));
  const found = (await leftoversIn(folder)).sort((one) => (one.marks ? 1 : -1));
  expect(found).toEqual([
    { file: only, target },
    { file: aside, target, marks: [expect.stringMatching(/^[0-9a-f]{12}$/), expect.stringMatching(/^[0-9a-f]{12}$/)] },
  ]);
  expect(await leftoversIn(path.join(folder, 'none'))).toEqual([]);
});

test('a name is given once: what stayed under an earlier one is never written over', () => {
  expect(asideName('/x/a', ['one'])).not.toBe(asideName('/x/a', ['one']));
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
  const name = ofDead(asideName(path.join(folder, 'a.yaml'), [FORMER, NEXT]));
  fs.writeFileSync(path.join(folder, name), left);
  expect((await leftoversIn(folder)).map(isForeign)).toEqual([foreign]);
});

test('a part of what is only ours is nobody else’s, and what cannot be read may be somebody’s', () => {
  const folder = makeFolder({ part: 'x' });
  expect(isForeign({ file: path.join(folder, 'part'), target: path.join(folder, 'a') })).toBe(false);
  expect(isForeign({ file: path.join(folder, 'gone'), target: path.join(folder, 'a'), marks: ['0'] })).toBe(true);
});

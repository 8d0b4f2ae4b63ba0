// Where things are, on real folders with real links.
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  confine,
  displayPath,
  findRoot,
  insideRoot,
  joinTo,
  ownedByOther,
  userConfigFolder,
} from '../../../src/system/paths.ts';
import { makeFolder } from '../temporary.ts';

describe('the project', () => {
  test('is the nearest folder at or above that holds a runbook', () => {
    const folder = makeFolder({ 'runbook.yaml': '', 'a/b/c/x': '', 'inner/runbook.yaml': '', 'inner/deep/x': '' });
    const found = (...at: string[]) => findRoot(path.join(folder, ...at));
    expect(found()).toBe(folder);
    expect(found('a/b/c')).toBe(folder);
    expect(found('a/../a/b')).toBe(folder);
    expect(found('inner')).toBe(path.join(folder, 'inner'));
    expect(found('inner/deep')).toBe(path.join(folder, 'inner'));
    expect(found('not/there')).toBe(folder);
  });

  test('is nowhere where no folder above holds one', () => {
    expect(findRoot(makeFolder())).toBeUndefined();
  });

  test('of one’s own is not another’s', () => {
    expect(ownedByOther(makeFolder())).toBe(false);
  });
});

describe('a path', () => {
  function project(): string {
    const outside = makeFolder({ 'secret.txt': 's' });
    const root = makeFolder({ 'a.txt': '', 'sub/b.txt': '' });
    const link = (target: string, at: string) => symlinkSync(target, path.join(root, at));
    link('a.txt', 'to-a');
    link('sub', 'to-sub');
    link('.', 'to-root');
    link(outside, 'to-outside');
    link(path.join(outside, 'secret.txt'), 'to-secret');
    link(path.join(outside, 'not-there-yet'), 'to-nowhere-outside');
    link('not-there-yet', 'to-nowhere');
    link('loop', 'loop');
    link('to-outside', 'sub/to-to-outside');
    return root;
  }

  test.each([
    ['a.txt', true],
    ['sub/b.txt', true],
    ['sub', true],
    ['.', true],
    ['./sub/../a.txt', true],
    ['not/there/yet', true],
    ['sub/new.txt', true],
    ['a.txt/below-a-file', true],
    ['to-a', true],
    ['to-sub/b.txt', true],
    ['to-root/to-root/a.txt', true],
    ['..a/..b', true],
    ['x'.repeat(300), true],
    ['', false],
    ['..', false],
    ['../x', false],
    ['sub/../../x', false],
    ['/etc/passwd', false],
    ['a\0b', false],
    ['to-outside', false],
    ['to-outside/secret.txt', false],
    ['to-outside/new.txt', false],
    ['to-secret', false],
    ['sub/to-to-outside/secret.txt', false],
    ['to-nowhere-outside', false],
    ['to-nowhere-outside/x', false],
    ['to-nowhere', false],
    ['loop', false],
    ['loop/x', false],
  ])('%.30j lies inside: %s', (relative, inside) => {
    const root = project();
    expect(insideRoot(root, relative)).toBe(inside ? path.resolve(root, relative) : undefined);
  });

  test('that is absolute is refused even where it points inside', () => {
    const root = project();
    expect(insideRoot(root, path.join(root, 'a.txt'))).toBeUndefined();
  });

  test('of a folder beside, whose name begins alike, is outside', () => {
    const base = makeFolder({ 'project/a': '', 'project-two/b': '' });
    symlinkSync(path.join(base, 'project-two'), path.join(base, 'project/link'));
    expect(insideRoot(path.join(base, 'project'), 'link/b')).toBeUndefined();
  });

  test('is judged by where the root really is', () => {
    const base = makeFolder({ 'real/a': '' });
    symlinkSync('real', path.join(base, 'link'));
    symlinkSync(path.join(base, 'real/a'), path.join(base, 'real/to-a'));
    const inside = confine(path.join(base, 'link'));
    expect(inside('a')).toBe(path.join(base, 'link/a'));
    expect(inside('to-a')).toBe(path.join(base, 'link/to-a'));
  });

  test('in the root of the file system lies inside it', () => {
    expect(insideRoot('/', 'etc/hostname')).toBe('/etc/hostname');
  });
});

test.each([
  ['/work/project/tasks/a.yaml', '/work/project', 'tasks/a.yaml'],
  ['/work/other/a.yaml', '/work/project', '../other/a.yaml'],
  ['/etc/hosts', '/work/project/deep/down', '/etc/hosts'],
  ['/work/project', '/work/project', '/work/project'],
])('%s is shown from %s as %s', (file, from, text) => {
  expect(displayPath(file, from)).toBe(text);
});

test.each<[env: NodeJS.ProcessEnv, folder: string]>([
  [{ XDG_CONFIG_HOME: '/c', HOME: '/h' }, '/c/orchestrate'],
  [{ XDG_CONFIG_HOME: '', HOME: '/h' }, '/h/.config/orchestrate'],
  [{ XDG_CONFIG_HOME: 'relative', HOME: '/h' }, '/h/.config/orchestrate'],
  [{ HOME: '/h' }, '/h/.config/orchestrate'],
])('with %j the user’s configuration is in %s', (env, folder) => {
  expect(userConfigFolder(env)).toBe(folder);
});

test('a folder that was made later counts', () => {
  const root = makeFolder();
  const inside = confine(root);
  expect(inside('later/x')).toBe(path.join(root, 'later/x'));
  mkdirSync(path.join(root, 'later'));
  expect(inside('later/x')).toBe(path.join(root, 'later/x'));
});

test.each([
  ['/a/b', 'c.yaml'],
  ['/a/b', 'tasks/one-1.yaml'],
  ['/a/b', './tasks//one.yaml'],
  ['/a/b', 'tasks/../one.yaml'],
  ['/a/b', '.hidden/one.yaml'],
  ['/a/b', 'with space/ü.yaml'],
  ['/a/b', '/c'],
  ['/a/b', ''],
  ['/', 'one.yaml'],
])('a name joined to %s: %s is what path.join makes of it', (folder, name) => {
  expect(joinTo(folder, name)).toBe(path.join(folder, name));
});

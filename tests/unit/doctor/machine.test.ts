// Which Node and which editor will do.
import { expect, test } from 'vitest';
import { machineChecks } from '../../../src/doctor/machine.ts';

const level = (env: Record<string, string>, node: string, id: string) =>
  machineChecks(env, node).find((check) => check.id === id)?.level;

test.each([
  ['20.20.2', 'error'],
  ['22.17.9', 'error'],
  ['22.18.0', 'ok'],
  ['23.0.0', 'ok'],
  ['24.1.0', 'ok'],
])('Node %s: %s', (version, expected) => {
  expect(level({}, version, 'node')).toBe(expected);
});

test.each([
  [{ PATH: '/bin:/usr/bin', EDITOR: 'sh -c x' }, 'ok'],
  [{ PATH: '/bin:/usr/bin', EDITOR: 'no-such-editor --wait' }, 'warning'],
  [{ PATH: '/bin:/usr/bin', VISUAL: 'no-such-editor', EDITOR: 'sh' }, 'warning'],
  [{ PATH: '/nonexistent' }, 'warning'],
  [{ PATH: '/nonexistent', EDITOR: '"/opt/my editor/bin"' }, 'ok'],
])('the editor of %j: %s', (env, expected) => {
  expect(level(env, '24.0.0', 'editor')).toBe(expected);
});

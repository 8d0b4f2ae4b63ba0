// Processes that reserve at the same moment: together they never go beyond the limit, also when they were killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { openCalls } from '../../../src/history/calls.ts';
import { makeFolder } from '../temporary.ts';

const PROGRAM = path.join(import.meta.dirname, 'reserve.ts');

async function said(child: ChildProcess): Promise<string> {
  const [data] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return data.toString('utf8').trim();
}

test('of eight processes that want 0.3 of 1 dollar at once, three get it; killed, they may have been charged, so it stays reserved', async () => {
  const root = makeFolder();
  const children = Array.from({ length: 8 }, () => spawn(process.execPath, [PROGRAM, root], { stdio: 'pipe' }));
  expect(await Promise.all(children.map(said))).toEqual(children.map(() => 'ready'));
  const answers = children.map(said);
  for (const child of children) child.stdin.write('go\n');
  const told = await Promise.all(answers);
  expect(told.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'over-budget'), 'sent', 'sent', 'sent']);
  const ended = children.map((child) => once(child, 'exit'));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(ended);
  const opened = openCalls(root, createRedactor({}));
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  expect(opened.value.interrupted).toHaveLength(3);
  opened.value.close();
  const again = openCalls(root, createRedactor({}));
  if (!again.ok) throw new Error(JSON.stringify(again.error));
  expect(again.value.interrupted).toEqual([]);
  const call = { source: 'task', templateName: 't', templateText: 't', promptHash: 'h', promptText: 'p' } as const;
  const begun = again.value.begin(
    { ...call, requestHash: 'r', inputParams: {}, model: 'm', runId: 'r', reservedUsd: 1 },
    { day: { usd: 1, since: '2000-01-01T00:00:00.000Z' } },
  );
  expect(begun.ok).toBe(false);
  again.value.close();
});

// Detail files that are written while others are at work: what counts as written.
import nodeFs from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createAhead } from '../../../src/run/ahead.ts';
import { createFileCache } from '../../../src/runbook/file-cache.ts';
import { versionAt } from '../../../src/system/versions.ts';
import { makeFolder } from '../temporary.ts';

const ENDED = ['a', 'b'].map((taskId) => ({
  taskId,
  from: 'RUNNING' as const,
  to: 'DONE' as const,
  detail: { file: `${taskId}.yaml`, from: 'RUNNING' as const },
  lastRun: { timestamp: 'T', outcome: 'SUCCESS' },
}));

afterEach(() => void vi.restoreAllMocks());

function stage() {
  const root = makeFolder({ 'a.yaml': 'id: a\nstatus: RUNNING\n', 'b.yaml': 'id: b\nstatus: RUNNING\n' });
  const files = createFileCache();
  for (const name of ['a.yaml', 'b.yaml']) {
    const version = versionAt(path.join(root, name));
    if (version) files.keep(path.join(root, name), version, undefined);
  }
  const ahead = createAhead({ root, files });
  for (const change of ENDED) ahead.push([change]);
  const text = (name: string) => nodeFs.readFileSync(path.join(root, name), 'utf8');
  return { root, ahead, text };
}

test('those whose files hold the outcome', async () => {
  const { ahead, text } = stage();
  ahead.begin();
  expect(ahead.isWriting('a.yaml')).toBe(true);
  // What is under way is finished.
  expect(await ahead.stop()).toEqual(new Set(['a', 'b']));
  expect(text('a.yaml')).toContain('status: DONE\nlast_run:');
  expect(ahead.isWriting('a.yaml')).toBe(false);
});

test('not the one that somebody has touched before, which is left alone', async () => {
  const { root, ahead, text } = stage();
  nodeFs.appendFileSync(path.join(root, 'a.yaml'), '# mine\n');
  ahead.begin();
  expect(await ahead.stop()).toEqual(new Set(['b']));
  expect(text('a.yaml')).toBe('id: a\nstatus: RUNNING\n# mine\n');
});

test('not the one whose status somebody sets in the very moment of the write', async () => {
  const { root, ahead, text } = stage();
  const { renameSync } = nodeFs;
  vi.spyOn(nodeFs, 'renameSync').mockImplementation((from, to) => {
    if (path.basename(String(to)).startsWith('.a.yaml'))
      nodeFs.writeFileSync(path.join(root, 'a.yaml'), 'id: a\nstatus: SKIPPED\n');
    renameSync(from, to);
  });
  ahead.begin();
  expect(await ahead.stop()).toEqual(new Set(['b']));
  expect(text('a.yaml')).toBe('id: a\nstatus: SKIPPED\n');
});

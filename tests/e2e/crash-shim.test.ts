// That the crash matrix leaves no gap: the shim that kills and fails (tests/rig/crash/faults.c) counts what the kernel sees.
import path from 'node:path';
import { expect, test } from 'vitest';
import { kernelOperations, straceBefore, whyNoKernelTrace } from '../rig/crash/kernel.ts';
import { openScene, variablesFor } from '../rig/crash/scenario.ts';
import { faultVariables, readTrace, whyNoSystemFaults } from '../rig/crash/shim.ts';
import { runProgram } from '../rig/running.ts';

const missing = whyNoSystemFaults() ?? whyNoKernelTrace();
const PROGRAM = path.resolve(import.meta.dirname, '../../bin/orchestrate.js');

test.skipIf(missing)(
  `no file operation of a complete run escapes the fault shim (${missing ?? 'by strace'})`,
  async () => {
    await using scene = await openScene();
    const { dir, home, env } = scene.project;
    const [trace, seen] = [path.join(home, 'trace'), path.join(home, 'strace')];
    const { LD_PRELOAD, ...faults } = faultVariables(dir, { at: 0, action: 'kill' }, trace);
    // Preloaded into the program only: strace itself would be counted.
    const argv = [...straceBefore(seen), '-E', `LD_PRELOAD=${LD_PRELOAD}`, process.execPath, PROGRAM, 'run', '--yes'];
    const variables = { ...env, ...variablesFor(scene), ...(faults as Record<string, string>) };
    const result = await runProgram({ argv: argv as [string, ...string[]], cwd: dir, env: variables }, 50_000);
    expect(result).toMatchObject({ code: 0 });
    const counted = readTrace(trace).map(({ kind, file }) => `${kind} ${file}`);
    // What runs in several threads at once may be counted in another order than it is done.
    expect(counted.sort()).toEqual(kernelOperations(seen, dir));
    expect(counted.length).toBeGreaterThan(500);
  },
  60_000,
);

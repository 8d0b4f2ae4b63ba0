// Puts the built program under faults: by faults.c, which is compiled here, or by preload.cjs where that is not possible. Knows neither the scenario nor what must hold afterwards.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Variables } from '../environment.ts';

/** `at`: the number of the operation, from 1; 0 for none. */
export type Fault = {
  readonly at: number;
  readonly action: 'kill' | 'kill-after' | 'torn' | 'short-ENOSPC' | 'ENOSPC' | 'EIO' | 'EROFS' | 'EACCES' | 'EMFILE';
  readonly sticky?: boolean;
  /** As on a system that cannot exchange two files in one step. */
  readonly withoutExchange?: boolean;
};

const SOURCE = path.join(import.meta.dirname, 'faults.c');
const PRELOAD = path.join(import.meta.dirname, 'preload.cjs');

/** `system`: every call of libc, SQLite's too. `node`: what the program asks of node:fs, better-sqlite3 and koffi; coarser. */
export type Level = 'system' | 'node';

/** Preloading into libc is a thing of Linux, and the shim must be compiled. Says what is missing. */
export function whyNoSystemFaults(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux (LD_PRELOAD)';
  return spawnSync('cc', ['--version']).status === 0 ? undefined : 'needs a C compiler (cc)';
}

/** FAULT_LEVEL=node tries the second best on a machine that could do better. */
export function faultLevel(): Level {
  return process.env['FAULT_LEVEL'] === 'node' || whyNoSystemFaults() !== undefined ? 'node' : 'system';
}

/** A process cannot be killed as everywhere else there. */
export function whyNoFaults(): string | undefined {
  return process.platform === 'win32' ? 'needs kill -9' : undefined;
}

/** Compiled once for each version of its source. */
function shim(): string {
  const folder = path.join(tmpdir(), 'orchestrate-test-faults');
  const name = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16);
  const file = path.join(folder, `${name}.so`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const fresh = `${file}.${process.pid}`;
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', fresh, SOURCE, '-ldl']);
  renameSync(fresh, file);
  return file;
}

/** What makes the program count, and fail, in `root`. */
export function faultVariables(root: string, fault: Fault, trace?: string): Variables {
  return {
    ...(faultLevel() === 'system' ? { LD_PRELOAD: shim() } : { NODE_OPTIONS: `--require ${JSON.stringify(PRELOAD)}` }),
    FAULT_ROOT: root,
    FAULT_AT: String(fault.at),
    FAULT_ACTION: fault.action,
    FAULT_STICKY: fault.sticky ? '1' : '0',
    ...(fault.withoutExchange ? { FAULT_WITHOUT: 'exchange' } : {}),
    ...(trace === undefined ? {} : { FAULT_TRACE: trace }),
  };
}

export type Operation = { readonly number: number; readonly kind: string; readonly file: string };

export function readTrace(file: string): Operation[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [number, kind = '', ...rest] = line.split(' ');
      return { number: Number(number), kind, file: rest.join(' ') };
    });
}

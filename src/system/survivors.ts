// Finds processes by a variable in their environment: what a program that is gone has left running. Does not end any.

import { readdirSync, readFileSync } from 'node:fs';

export type Survivor = { readonly pid: number; readonly command: string };

/** Those that were started with each `NAME=value`, but for this one. Empty where the system does not tell. */
export function survivorsWith(...variables: readonly string[]): Survivor[] {
  const found = process.platform === 'linux' ? fromProc(variables) : fromPs(variables);
  return found.filter(({ pid }) => pid !== process.pid);
}

function fromProc(variables: readonly string[]): Survivor[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const environment = read(`/proc/${name}/environ`).split('\0');
    if (!variables.every((variable) => environment.includes(variable))) return [];
    const command = read(`/proc/${name}/cmdline`).split('\0').join(' ').trim();
    // A zombie has an environment no more; one that ended since has neither.
    return command === '' ? [] : [{ pid: Number(name), command }];
  });
}

/** Of other users' processes nothing is told, and one may end while it is looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** `e` adds the environment behind the command. */
function fromPs(variables: readonly string[]): Survivor[] {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const ps = spawnSync('ps', ['ewwxo', 'pid=,command='], { encoding: 'utf8', timeout: 2000 });
  if (ps.status !== 0) return [];
  return ps.stdout.split('\n').flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || command === undefined) return [];
    const words = command.split(' ');
    if (!variables.every((variable) => words.includes(variable))) return [];
    return [{ pid: Number(pid), command: command.split(/ [A-Za-z_][A-Za-z_0-9]*=/, 1)[0] ?? '' }];
  });
}

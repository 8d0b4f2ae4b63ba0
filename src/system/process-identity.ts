// Who a process is, so that a note it left can be told from a stranger with the same number. Knows nothing of what processes do.

import { readFileSync } from 'node:fs';
import os from 'node:os';

/**
 * `startedAt` is the system's own mark of when the process began, `boot` of when the machine did (undefined where the system does not
 * tell): together with the number they are never given twice.
 */
export type ProcessIdentity = {
  readonly pid: number;
  readonly startedAt: string | undefined;
  readonly boot: string | undefined;
  /** For people, and where no boot mark is known. */
  readonly host: string;
};

let own: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  own ??= { pid: process.pid, startedAt: startOf(process.pid), boot: bootMark(), host: os.hostname() };
  return own;
}

/**
 * Whether this machine can say if the process lives. Containers of one machine share its boot mark, whatever their host names; after
 * a restart the mark differs, and the name of the machine is all there is to go by.
 */
export function isThisMachine({ boot, host }: ProcessIdentity): boolean {
  const self = thisProcess();
  return host === self.host || (boot !== undefined && boot === self.boot);
}

/** True only where a process with this number began at the same moment, on this machine and since its last start. */
export function isAliveIdentity(identity: ProcessIdentity): boolean {
  const { boot, host } = thisProcess();
  const sameBoot = identity.boot === undefined ? identity.host === host : identity.boot === boot;
  return sameBoot && identity.startedAt !== undefined && startOf(identity.pid) === identity.startedAt;
}

function bootMark(): string | undefined {
  return process.platform === 'linux' ? readLine('/proc/sys/kernel/random/boot_id') : undefined;
}

/** Of proc_pid_stat(5) field 22, or what `ps` says; undefined where there is no such process. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = readLine(`/proc/${pid}/stat`);
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields === undefined || isEnding(fields) ? undefined : fields[19];
  }
  if (process.platform === 'win32') return undefined;
  // Loaded only where there is no /proc: it brings sockets with it, which every recorded call would pay for.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 2000 });
  return ps.status === 0 && ps.stdout.trim() !== '' ? ps.stdout.trim() : undefined;
}

const PF_EXITING = 0x4;

/** It runs no more: its locks may be gone already, while the system, or a parent that does not ask for its end, keeps it in the list. */
function isEnding([state = '', , , , , , flags]: readonly string[]): boolean {
  return 'ZX'.includes(state) || (Number(flags) & PF_EXITING) !== 0;
}

function readLine(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return undefined;
  }
}

// Finds the processes that belong to a test folder, whoever started them. Linux only: elsewhere it finds none.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type Leftover = { readonly pid: number; readonly command: string };

/** Processes that work inside the folder or whose environment names it; both are inherited, also by what was detached. */
export function processesOf(folder: string): Leftover[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => inFolder(name, folder))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }))
    .filter(({ command }) => command !== ''); // a zombie has none
}

/** Kills them all; what they start meanwhile too. */
export function killProcessesOf(folder: string): void {
  for (let round = 0; round < 20; round += 1) {
    const found = processesOf(folder);
    if (found.length === 0) return;
    for (const { pid } of found) kill(pid);
  }
}

/** A zombie, which nobody may have reaped yet, does not run; only Linux tells. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (!existsSync('/proc/self/stat')) return true;
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

function inFolder(pid: string, folder: string): boolean {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return (
      cwd === folder || cwd.startsWith(`${folder}/`) || readFileSync(`/proc/${pid}/environ`).includes(`${folder}/`)
    );
  } catch {
    return false; // it has ended, or is another user's
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

// Finds and ends a process together with everything it started. Does not know why it has to end, nor its output.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

type ProcessRow = { readonly parent: number; readonly group: number; readonly started: string };
type ProcessTable = ReadonlyMap<number, ProcessRow>;

/** What is known of a started process and its descendants. `members` is what the last look found alive, parents first. */
export type ProcessTree = {
  readonly root: number;
  readonly ownsGroup: boolean;
  readonly members: Map<number, ProcessRow>;
};

const LONGEST_POLL_MS = 100;
const KILL_ATTEMPTS = 20;
const KILL_WAIT_MS = 50;

/** `ownsGroup`: the process leads a process group of its own, so that the group may be signalled as one. */
export function processTree(root: number, ownsGroup: boolean): ProcessTree {
  return { root, ownsGroup, members: new Map() };
}

/**
 * Ends the tree: SIGTERM, and SIGKILL to what is left after `graceMs`. Resolves when nothing of it is alive, at the
 * latest about a second after the SIGKILL: what a signal cannot end (another user's process, a dead disk) is given up.
 */
export async function endTree(tree: ProcessTree, graceMs: number): Promise<void> {
  signalTree(tree, 'SIGTERM');
  // A stopped process gets its SIGTERM only once it goes on.
  signalTree(tree, 'SIGCONT');
  if (await goneWithin(tree, graceMs)) return;
  for (let attempt = 0; attempt < KILL_ATTEMPTS; attempt += 1) {
    signalTree(tree, 'SIGKILL');
    if (await goneWithin(tree, KILL_WAIT_MS)) return;
  }
}

/**
 * Signals the group, if the tree has one, and every descendant outside it: a descendant may have made a group of its
 * own (a browser under a test runner, an orchestrate inside a task).
 */
export function signalTree(tree: ProcessTree, signal: NodeJS.Signals): void {
  const looked = look(tree);
  if (tree.ownsGroup) send(-tree.root, signal);
  else if (!looked) send(tree.root, signal);
  for (const [pid, row] of tree.members) {
    if (!(tree.ownsGroup && row.group === tree.root)) send(pid, signal);
  }
}

async function goneWithin(tree: ProcessTree, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  let pause = 5;
  while (isAlive(tree)) {
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await sleep(Math.min(pause, left));
    pause = Math.min(pause * 2, LONGEST_POLL_MS);
  }
  return true;
}

function isAlive(tree: ProcessTree): boolean {
  if (look(tree)) return tree.members.size > 0;
  return send(tree.ownsGroup ? -tree.root : tree.root, 0);
}

/** Brings `members` up to date. False where this system shows no process table. */
function look(tree: ProcessTree): boolean {
  const table = readProcessTable();
  if (table === undefined) return false;
  const found = findMembers(tree, table);
  tree.members.clear();
  for (const [pid, row] of found) tree.members.set(pid, row);
  return true;
}

/**
 * The group and all descendants. Members of earlier looks are starting points too, because an orphan no longer leads
 * back to the root; the start time tells them from a stranger that was given the same number.
 */
function findMembers(tree: ProcessTree, table: ProcessTable): Map<number, ProcessRow> {
  const found = new Map<number, ProcessRow>();
  const firstLook = tree.members.size === 0;
  const take = (pid: number, row: ProcessRow): void => {
    if (!found.has(pid)) found.set(pid, row);
  };
  for (const [pid, row] of table) {
    const known = firstLook ? pid === tree.root : tree.members.get(pid)?.started === row.started;
    if (known) take(pid, row);
  }
  for (const [pid, row] of table) {
    if (tree.ownsGroup && row.group === tree.root) take(pid, row);
  }
  const children = Map.groupBy(table, ([, row]) => row.parent);
  // A Map that grows while it is walked is walked to its new end: parents before their children.
  for (const [pid] of found) for (const [child, row] of children.get(pid) ?? []) take(child, row);
  return found;
}

/** Signal 0 only asks. False when there is no such process, or none that this user may signal. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** All processes that still run (zombies do not), or undefined where the system does not tell. */
function readProcessTable(): ProcessTable | undefined {
  if (process.platform === 'win32') return undefined;
  return process.platform === 'linux' ? readProc() : readPs();
}

function readProc(): ProcessTable | undefined {
  const table = new Map<number, ProcessRow>();
  try {
    for (const name of readdirSync('/proc')) {
      const row = /^\d+$/.test(name) ? readStat(name) : undefined;
      if (row !== undefined) table.set(Number(name), row);
    }
  } catch {
    return undefined;
  }
  return table.has(process.pid) ? table : undefined;
}

/** Fields of proc_pid_stat(5). The command in parentheses may itself hold spaces and parentheses, so it ends at the last one. */
function readStat(pid: string): ProcessRow | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // ended since the folder was read
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return liveRow(fields[0], [fields[1], fields[2]], fields[19]);
}

function readPs(): ProcessTable | undefined {
  const ps = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='], { encoding: 'utf8', timeout: 2000 });
  if (ps.status !== 0) return undefined;
  return parsePs(ps.stdout);
}

/** Reads the columns pid, ppid, pgid, stat, lstart of `ps`; lstart is the rest of the line. */
export function parsePs(text: string): ProcessTable {
  const table = new Map<number, ProcessRow>();
  for (const line of text.split('\n')) {
    const [pid, parent, group, state, ...started] = line.trim().split(/\s+/);
    const row = liveRow(state, [parent, group], started.join(' '));
    if (row !== undefined) table.set(Number(pid), row);
  }
  return table;
}

function liveRow(
  state: string | undefined,
  [parent, group]: readonly [string | undefined, string | undefined],
  started: string | undefined,
): ProcessRow | undefined {
  if (state === undefined || /^[ZXx]/.test(state)) return undefined;
  return { parent: Number(parent), group: Number(group), started: started ?? '' };
}

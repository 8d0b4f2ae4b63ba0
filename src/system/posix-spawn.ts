// Starts a process on Linux without copying our own: posix_spawn(3). Knows no task and no tree of processes.
//
// Node starts a child by fork(2) there, which copies the tables of all our memory, and every page that we touch next: about 0.1 ms for
// each megabyte, many times what the child itself costs. posix_spawn lends the child our memory until it is another program. Node has no
// call for it, so koffi makes it; where there is none, the process is started in Node's way (child.ts).

import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import type { Child, ChildSpec, StartError } from './child.ts';

export type PosixSpawn = (spec: ChildSpec) => Child | StartError;

/** Room for what libc keeps in these (glibc: 80 and 336 bytes, a set of signals 128). */
const [ACTIONS_BYTES, ATTRIBUTES_BYTES, SIGNALS_BYTES] = [512, 1024, 128];
const [SETSIGDEF, SETSIGMASK, SETSID] = [0x04, 0x08, 0x80];
const O_CLOEXEC = 0o2000000;
const WNOHANG = 1;
/** Should the news of an end get lost: how long it stays unnoticed. It also keeps our process from ending before its child. */
const LOOK_AGAIN_MS = 1000;

let known: { readonly spawn: PosixSpawn | undefined } | undefined;

/** Undefined where this system does not have it, and for what only Node's way can do. */
export async function posixSpawnFor({ file, args, cwd, env, detached }: ChildSpec): Promise<PosixSpawn | undefined> {
  // libc looks for a name on our own PATH, and would take the text before a NUL for the whole.
  if (!detached || !file.startsWith('/') || [file, ...args, cwd, ...variablesOf(env)].some(hasNul)) return undefined;
  known ??= { spawn: process.platform === 'linux' ? await find().catch(() => undefined) : undefined };
  return known.spawn;
}

/** As Node does it: one without a value is none. */
function variablesOf(env: ChildSpec['env']): string[] {
  const given = Object.entries(env as Readonly<Record<string, string | undefined>>);
  return given.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}

function hasNul(text: string): boolean {
  return text.includes('\0');
}

type Libc = Awaited<ReturnType<typeof bind>>;

async function bind() {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  return {
    pipe2: libc.func('int pipe2(void *, int)'),
    waitpid: libc.func('int waitpid(int, void *, int)'),
    spawn: libc.func('int posix_spawn(void *, const char *, void *, void *, const char **, const char **)'),
    initActions: libc.func('int posix_spawn_file_actions_init(void *)'),
    freeActions: libc.func('int posix_spawn_file_actions_destroy(void *)'),
    addOpen: libc.func('int posix_spawn_file_actions_addopen(void *, int, const char *, int, int)'),
    addDup: libc.func('int posix_spawn_file_actions_adddup2(void *, int, int)'),
    addFolder: libc.func('int posix_spawn_file_actions_addchdir_np(void *, const char *)'),
    initAttributes: libc.func('int posix_spawnattr_init(void *)'),
    setFlags: libc.func('int posix_spawnattr_setflags(void *, short)'),
    setDefaults: libc.func('int posix_spawnattr_setsigdefault(void *, void *)'),
    setMask: libc.func('int posix_spawnattr_setsigmask(void *, void *)'),
  };
}

async function find(): Promise<PosixSpawn> {
  const libc = await bind();
  const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
  libc.initAttributes(attributes);
  // A session of its own, and no signal that is ignored or blocked because it is so here.
  libc.setDefaults(attributes, Buffer.alloc(SIGNALS_BYTES, 0xff));
  libc.setMask(attributes, Buffer.alloc(SIGNALS_BYTES));
  libc.setFlags(attributes, SETSIGDEF | SETSIGMASK | SETSID);
  const wait = createWait(libc);
  return (spec) => start(libc, spec, { attributes, wait });
}

type Means = { readonly attributes: Buffer; readonly wait: ReturnType<typeof createWait> };
type Pipe = { readonly read: number; readonly write: number };

function start(
  libc: Libc,
  { file, args, cwd, env, output }: ChildSpec,
  { attributes, wait }: Means,
): Child | StartError {
  const pipes: Pipe[] = [];
  const actions = Buffer.alloc(ACTIONS_BYTES);
  libc.initActions(actions);
  try {
    libc.addFolder(actions, cwd);
    libc.addOpen(actions, 0, '/dev/null', 0, 0);
    for (const descriptor of [1, 2]) {
      if (!output) {
        libc.addOpen(actions, descriptor, '/dev/null', 1, 0);
        continue;
      }
      const pipe = makePipe(libc);
      if (pipe === undefined) return failed(pipes, constants.errno.EMFILE);
      pipes.push(pipe);
      libc.addDup(actions, pipe.write, descriptor);
    }
    const pid = Buffer.alloc(4);
    const error: number = libc.spawn(
      pid,
      file,
      actions,
      attributes,
      [file, ...args, null],
      [...variablesOf(env), null],
    );
    if (error !== 0) return failed(pipes, error);
    for (const { write } of pipes) closeSync(write);
    const [stdout, stderr] = pipes.map(({ read }) => new Socket({ fd: read, readable: true, writable: false }));
    return { pid: pid.readInt32LE(0), stdout, stderr, ...wait(pid.readInt32LE(0)) };
  } finally {
    libc.freeActions(actions);
  }
}

function makePipe(libc: Libc): Pipe | undefined {
  const ends = Buffer.alloc(8);
  if (libc.pipe2(ends, O_CLOEXEC) !== 0) return undefined;
  return { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
}

function failed(pipes: readonly Pipe[], errno: number): StartError {
  for (const { read, write } of pipes) for (const descriptor of [read, write]) closeSync(descriptor);
  return { code: getSystemErrorName(-errno), message: getSystemErrorMessage(-errno) };
}

/** Hears of the ends of those that are waited for, and takes nothing of the ends of others (Node waits for its own). */
function createWait(libc: Libc): (pid: number) => Pick<Child, 'exited' | 'unref'> {
  const alive = new Map<number, (status: number) => void>();
  /** Those for whose end our process must not end first. */
  const awaited = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  const status = Buffer.alloc(4);
  const look = () => {
    for (const [pid, tell] of alive) {
      if (libc.waitpid(pid, status, WNOHANG) === 0) continue;
      alive.delete(pid);
      letGo(pid);
      tell(status.readInt32LE(0));
    }
    if (alive.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  const letGo = (pid: number) => {
    awaited.delete(pid);
    if (awaited.size === 0) timer?.unref();
  };
  // For good: what ends before somebody listens is not heard.
  process.on('SIGCHLD', look);
  return (pid) => {
    timer ??= setInterval(look, LOOK_AGAIN_MS);
    timer.ref();
    awaited.add(pid);
    const exited = new Promise<number>((resolve) => alive.set(pid, resolve));
    return { exited: exited.then(endOf), unref: () => letGo(pid) };
  };
}

/** As wait(2) has it. */
function endOf(status: number): Awaited<Child['exited']> {
  const number = status & 0x7f;
  if (number === 0) return { kind: 'exit', code: (status >> 8) & 0xff };
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return { kind: 'signal', signal: name ?? `signal ${number}` };
}

// A temporary project with a home of its own, and the built program run in it. Knows no command of the program.
import { chmodSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cleanEnvironment, type Variables, withVariables } from './environment.ts';
import { killProcessesOf, type Leftover, processesOf } from './leftovers.ts';
import { type Running, type RunResult, runProgram, startProgram } from './running.ts';
import type { Terminal } from './terminal.ts';

export type ProgramOptions = {
  /** Changes to the clean environment; `undefined` takes a variable away. */
  readonly env?: Variables;
  /** Relative to the project folder, which is the default. */
  readonly cwd?: string;
  /** What Node runs instead of the built program, for example `['-e', CODE, '--']`. */
  readonly program?: readonly string[];
};
export type RunOptions = ProgramOptions & {
  /** Text for stdin; without it stdin is at its end at once. */
  readonly stdin?: string;
  /** Default 20 s: less than a test has, so that the output is seen. */
  readonly timeoutMs?: number;
};
export type StartOptions = ProgramOptions & { readonly stdin?: { readonly text: string } | 'open' };
export type TerminalOptions = ProgramOptions & { readonly cols?: number; readonly rows?: number };

export type LogEvent = {
  readonly event_type: string;
  readonly task_id?: string | null;
  readonly [key: string]: unknown;
};

export type Project = AsyncDisposable & {
  /** The project folder, links resolved. It lies in a temporary folder beside `home` and `tmp`. */
  readonly dir: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly write: (file: string, content: string | Uint8Array, options?: { mode?: number }) => Promise<void>;
  readonly read: (file: string) => Promise<string>;
  readonly exists: (file: string) => Promise<boolean>;
  readonly remove: (file: string) => Promise<void>;
  /** All files, sorted, relative to the project folder, with forward slashes. */
  readonly list: () => Promise<string[]>;
  /** Everything in the folder, for "nothing has changed": see `snapshotOf`. */
  readonly snapshot: () => Promise<Record<string, string>>;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<RunResult>;
  readonly start: (args: readonly string[], options?: StartOptions) => Running;
  readonly terminal: (args: readonly string[], options?: TerminalOptions) => Promise<Terminal>;
  /** The events of logs/run_log.jsonl; none where there is no file. Throws at a line that is not whole. */
  readonly log: () => Promise<LogEvent[]>;
  /** What still runs of all that was started here (Linux only). */
  readonly processes: () => Leftover[];
  /** Keeps the folder after the test and prints how to go on by hand. */
  readonly eject: () => void;
};

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/orchestrate.js');

/** Makes a project in a fresh temporary folder, outside the repository. Its disposal kills what still runs and removes it. */
export async function createProject(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Project> {
  const base = await fs.realpath(await fs.mkdtemp(path.join(tmpdir(), 'orchestrate-test-')));
  const dir = path.join(base, 'project');
  const env = cleanEnvironment(base);
  for (const folder of [dir, path.join(base, 'home'), path.join(base, 'tmp')]) await fs.mkdir(folder);
  const opened: Terminal[] = [];
  const started: Running[] = [];
  let kept = false;

  const inside = (file: string): string => path.resolve(dir, file);
  const prepare = (args: readonly string[], options: ProgramOptions) => ({
    argv: [process.execPath, ...(options.program ?? [PROGRAM]), ...args] as [string, ...string[]],
    cwd: inside(options.cwd ?? '.'),
    env: withVariables(env, options.env),
  });

  const project: Project = {
    dir,
    home: path.join(base, 'home'),
    env,
    write: async (file, content, options) => {
      await fs.mkdir(path.dirname(inside(file)), { recursive: true });
      await fs.writeFile(inside(file), content);
      if (options?.mode !== undefined) await fs.chmod(inside(file), options.mode);
    },
    read: (file) => fs.readFile(inside(file), 'utf8'),
    exists: (file) => isThere(inside(file)),
    remove: (file) => fs.rm(inside(file), { recursive: true, force: true }),
    list: async () => Object.keys(await snapshotOf(dir)).filter((name) => !name.endsWith('/')),
    snapshot: () => snapshotOf(dir),
    run: (args, { stdin, timeoutMs = 20_000, ...options } = {}) =>
      runProgram({ ...prepare(args, options), ...(stdin === undefined ? {} : { stdin: { text: stdin } }) }, timeoutMs),
    start: (args, { stdin, ...options } = {}) => {
      const running = startProgram({ ...prepare(args, options), ...(stdin === undefined ? {} : { stdin }) });
      started.push(running);
      return running;
    },
    terminal: async (args, { cols = 80, rows = 30, ...options } = {}) => {
      const { openTerminal } = await import('./terminal.ts');
      const terminal = openTerminal({ ...prepare(args, options), cols, rows });
      opened.push(terminal);
      return terminal;
    },
    log: () => readLog(inside('logs/run_log.jsonl')),
    processes: () => processesOf(base),
    eject: () => {
      kept = true;
      process.stderr.write(ejectNotice(project));
    },
    [Symbol.asyncDispose]: async () => {
      for (const terminal of opened) await terminal[Symbol.asyncDispose]();
      for (const running of started) running.killGroup('SIGKILL');
      killProcessesOf(base);
      if (!kept) await removeFolder(base);
    },
  };
  for (const [file, content] of Object.entries(files)) await project.write(file, content);
  return project;
}

/**
 * What is in a folder, sorted by path: files as text, `base64:…` where they are not UTF-8, links as `-> TARGET`. A folder is an
 * empty text under its name with a slash at the end, so that one left behind shows too.
 */
async function snapshotOf(folder: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  const found: [string, string][] = [];
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).replaceAll(path.sep, '/');
    if (entry.isDirectory()) found.push([`${name}/`, '']);
    else if (entry.isSymbolicLink()) found.push([name, `-> ${await fs.readlink(file)}`]);
    else found.push([name, entry.isFile() ? lossless(await fs.readFile(file)) : 'special file']);
  }
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function lossless(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : `base64:${bytes.toString('base64')}`;
}

async function readLog(file: string): Promise<LogEvent[]> {
  if (!(await isThere(file))) return [];
  const text = await fs.readFile(file, 'utf8');
  if (text !== '' && !text.endsWith('\n'))
    throw new Error(`the last line of ${file} is not whole: ${text.slice(-200)}`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LogEvent);
}

async function isThere(file: string): Promise<boolean> {
  return fs.lstat(file).then(
    () => true,
    () => false,
  );
}

/** A test may have taken the right to write from a folder, and a killed process may still be writing its last. */
async function removeFolder(folder: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 };
  try {
    await fs.rm(folder, options);
  } catch {
    await makeWritable(folder);
    await fs.rm(folder, options);
  }
}

async function makeWritable(folder: string): Promise<void> {
  chmodSync(folder, 0o700);
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(path.join(folder, entry.name));
  }
}

function ejectNotice(project: Project): string {
  const variables = Object.entries(project.env).map(
    ([name, value]) => `${name}='${value.replaceAll("'", String.raw`'\''`)}'`,
  );
  return `\nkept: ${project.dir}\nenv -i ${variables.join(' ')} sh -c 'cd ${project.dir} && ${process.execPath} ${PROGRAM} status'\n`;
}

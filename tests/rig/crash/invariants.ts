// What must hold whenever a command that writes has ended, however the one before it ended. Looks from outside, with the parsers of
// others; knows nothing of how the program keeps its word.
import { copyFileSync, existsSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { parse } from 'yaml';
import type { LogEvent, Project } from '../project.ts';

type Task = { readonly id: string; readonly status?: string; readonly task_detail_file?: string };
type Issue = { readonly type: string };

const STATUSES = ['PENDING', 'READY', 'RUNNING', 'DONE', 'ERROR', 'SKIPPED'];

export type Found = { readonly violations: string[]; readonly statuses: Readonly<Record<string, string>> };

/** Every broken promise as a sentence. */
export async function inspect(project: Project): Promise<Found> {
  const { tasks } = parse(await project.read('runbook.yaml')) as { tasks: Task[] };
  const statuses = Object.fromEntries(tasks.map(({ id, status = 'PENDING' }) => [id, status]));
  const violations = [
    ...(await statesAgree(project, tasks)),
    ...(await leftovers(project)),
    ...(await logHolds(project, statuses)),
    ...databasesHold(project),
  ];
  return { violations, statuses };
}

async function statesAgree(project: Project, tasks: readonly Task[]): Promise<string[]> {
  const found: string[] = [];
  for (const { id, status = 'PENDING', task_detail_file: file } of tasks) {
    const detail = file === undefined ? {} : (parse(await project.read(file)) as { status?: string });
    if (!STATUSES.includes(status)) found.push(`${id} has the status ${status}`);
    if (status === 'RUNNING') found.push(`${id} is left RUNNING`);
    if (detail.status !== undefined && detail.status !== status)
      found.push(`${id} is ${status} in runbook.yaml and ${detail.status} in ${file}`);
  }
  return found;
}

async function leftovers(project: Project): Promise<string[]> {
  const names = await project.list();
  return names
    .filter((name) => /\.tmp$|\.conflict|-journal$|-wal$|-shm$|lock\.json$/.test(name))
    .map((name) => `${name} was left`);
}

/** Whole lines, numbers that grow, and for each task a chain of changes without a gap that ends at its state. */
async function logHolds(project: Project, statuses: Found['statuses']): Promise<string[]> {
  let events: LogEvent[];
  try {
    events = await project.log();
  } catch (error) {
    return [`the log is torn: ${String(error)}`];
  }
  const found: string[] = [];
  const at = new Map<string, string>();
  let last = 0;
  for (const { seq, task_id, event_type, status_change } of events as (LogEvent & {
    seq: number;
    status_change?: string;
  })[]) {
    if (!(seq > last)) found.push(`seq ${seq} follows ${last}`);
    last = seq;
    const [from, to] = status_change?.split(' -> ') ?? [];
    if (from === undefined || to === undefined || typeof task_id !== 'string') continue;
    const before = at.get(task_id);
    if (before !== undefined && before !== from)
      found.push(`the log says ${task_id} ${status_change} (${event_type}) after ${before}`);
    at.set(task_id, to);
  }
  for (const [id, status] of at)
    if (statuses[id] !== undefined && statuses[id] !== status)
      found.push(`the log leaves ${id} ${status}, the files say ${statuses[id]}`);
  return found;
}

function databasesHold(project: Project): string[] {
  return ['state.db', 'history.db'].flatMap((name) =>
    withCopy(
      project,
      name,
      (db) => {
        const [row] = db.pragma('integrity_check') as { integrity_check: string }[];
        const table =
          name === 'history.db' ? "quickies WHERE status IN ('pending', 'running')" : "journal WHERE state = 'pending'";
        const { n } = db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number };
        return [
          ...(row?.integrity_check === 'ok' ? [] : [`${name} is damaged`]),
          ...(n === 0 ? [] : [`${name} has ${n} rows that were never settled`]),
        ];
      },
      [],
    ),
  );
}

/** Looks at a copy: whoever opens a WAL database leaves files beside it. */
function withCopy<T>(project: Project, name: string, look: (db: Database.Database) => T, none: T): T {
  const folder = mkdtempSync(path.join(project.home, 'look-'));
  const file = path.join(project.dir, '.orchestrate', name);
  if (!existsSync(file)) return none;
  for (const suffix of ['', '-wal', '-journal'])
    if (existsSync(file + suffix)) copyFileSync(file + suffix, path.join(folder, name + suffix));
  const db = new Database(path.join(folder, name));
  try {
    return look(db);
  } catch (error) {
    if (/no such table/.test(String(error))) return none; // it died before there was one
    throw error;
  } finally {
    db.close();
  }
}

export async function interruptions(project: Project, id: string): Promise<number> {
  const { issues } = parse(await project.read(`tasks/${id}.yaml`)) as { issues?: Issue[] | null };
  return (issues ?? []).filter(({ type }) => type === 'INTERRUPTED').length;
}

/** How many calls the history has, and how many of them came to their end. */
export function calls(project: Project): { all: number; complete: number } {
  const sql = "SELECT count(*) AS n, count(CASE status WHEN 'complete' THEN 1 END) AS done FROM quickies";
  return withCopy(
    project,
    'history.db',
    (db) => {
      const { n, done } = db.prepare(sql).get() as { n: number; done: number };
      return { all: n, complete: done };
    },
    { all: 0, complete: 0 },
  );
}

// The files that orchestrate keeps for itself: databases, log, leftovers of a write that was cut off. Mends them when asked.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { count } from '../base/text.ts';
import { type DatabaseHealth, databaseHealth, setAside } from '../database/health.ts';
import type { Migration } from '../database/open.ts';
import { endTornLine, logHealth } from '../events/health.ts';
import { LOG_FILE } from '../events/log.ts';
import { HISTORY_DB } from '../history/calls.ts';
import { HISTORY_MIGRATIONS } from '../history/migrations.ts';
import { STATE_DB } from '../journal/file.ts';
import { checkState } from '../journal/journal.ts';
import { STATE_MIGRATIONS } from '../journal/migrations.ts';
import type { FileFailure } from '../system/files.ts';
import { removeFile } from '../system/files.ts';
import { isForeign, type Leftover, leftoversIn } from '../system/leftovers.ts';
import { confine, RUNBOOK_FILE, realPath } from '../system/paths.ts';
import { moveBeside } from '../system/replace.ts';
import { canWrite } from '../system/upkeep.ts';
import { type Check, fine, REPAIR_ADVICE } from './check.ts';

export function folderCheck(root: string): Check {
  const id = 'orchestrate-folder';
  if (canWrite(path.join(root, '.orchestrate'))) return fine(id, '.orchestrate can be written');
  return {
    id,
    level: 'error',
    message: '.orchestrate cannot be written',
    advice: 'make the project folder writable; reading commands such as "status" work without',
  };
}

export function databaseChecks(root: string): Check[] {
  return [
    databaseCheck({
      id: 'state-db',
      root,
      file: STATE_DB,
      migrations: STATE_MIGRATIONS,
      holds: 'what was last written',
    }),
    databaseCheck({ id: 'history-db', root, file: HISTORY_DB, migrations: HISTORY_MIGRATIONS, holds: 'model calls' }),
  ];
}

type DatabaseOf = {
  readonly id: string;
  readonly root: string;
  readonly file: string;
  readonly migrations: readonly Migration[];
  readonly holds: string;
};

function databaseCheck({ id, root, file, migrations, holds }: DatabaseOf): Check {
  const absolute = path.join(root, file);
  const health = readable(root, file, databaseHealth(absolute, migrations));
  switch (health.kind) {
    case 'absent':
      return fine(id, `${file} (${holds}) is not there yet`);
    case 'sound':
      return fine(id, `${file} (${holds}) is sound`);
    case 'newer':
      return {
        id,
        level: 'error',
        message: `${file} was written by a newer version (it has "${health.migration}")`,
        advice: 'update orchestrate',
      };
    case 'unknown':
      return {
        id,
        level: 'warning',
        message: `${file} cannot be checked: ${health.reason}`,
        advice: 'try again while no other orchestrate is at work, in a folder that can be written',
      };
    case 'damaged': {
      const repair = async () => {
        const moved = setAside(absolute);
        return moved.ok
          ? ok(`${file} was damaged and is now ${path.basename(moved.value)}; a new one is made when it is needed`)
          : moved;
      };
      return {
        id,
        level: 'error',
        message: `${file} (${holds}) is damaged: ${health.reason}`,
        advice: `${REPAIR_ADVICE} moves it aside, so that a new one is made`,
        repair,
      };
    }
  }
}

/** What SQLite finds sound may hold text that is no JSON any more. */
function readable(root: string, file: string, health: DatabaseHealth): DatabaseHealth {
  if (health.kind !== 'sound' || file !== STATE_DB) return health;
  const read = checkState(root);
  return read.ok ? health : { kind: 'damaged', reason: wordsOf(read.error) };
}

function wordsOf(failure: Failure): string {
  return failure.code === 'database' ? failure.message : failure.code;
}

export function logChecks(root: string): Check[] {
  const id = 'log';
  const file = path.join(root, LOG_FILE);
  const health = logHealth(file);
  if (!health.ok) return [{ id, level: 'error', message: `${LOG_FILE} cannot be read (${health.error.errno})` }];
  if (health.value === undefined) return [fine(id, `${LOG_FILE} is not there yet`)];
  const { events, torn, unreadable, outOfOrder } = health.value;
  const found: Check[] = [];
  if (torn) {
    const repair = async () => {
      const ended = endTornLine(file);
      return ended.ok ? ok(`the last line of ${LOG_FILE} was cut off and is now ended; what it holds is kept`) : ended;
    };
    found.push({
      id: 'log-end',
      level: 'warning',
      message: `the last line of ${LOG_FILE} is cut off`,
      advice: REPAIR_ADVICE,
      repair,
    });
  }
  if (unreadable.length > 0)
    found.push({
      id: 'log-lines',
      level: 'warning',
      message: `${count(unreadable.length, 'line')} of ${LOG_FILE} cannot be read (${lines(unreadable)})`,
      advice: 'nothing is lost by leaving them; every other line is read',
    });
  if (outOfOrder.length > 0)
    found.push({
      id: 'log-order',
      level: 'warning',
      message: `"seq" does not grow in ${LOG_FILE} (${lines(outOfOrder)})`,
      advice: 'two programs wrote at once, or the file was edited',
    });
  return found.length > 0 ? found : [fine(id, `${LOG_FILE} is whole (${count(events, 'event')})`)];
}

function lines(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 5).join(', ');
  return `line ${shown}${numbers.length > 5 ? ' …' : ''}`;
}

/** `targets`: files that orchestrate writes, relative. Only leftovers of those are ours to remove. */
export async function leftoverCheck(root: string, targets: readonly string[]): Promise<Check> {
  const id = 'leftovers';
  const inside = confine(root);
  // A runbook that is a link may lead out of the project; it is written beside its target.
  const known = new Set(
    [...targets.map(inside), realPath(path.join(root, RUNBOOK_FILE))].filter((file) => file !== undefined),
  );
  const folders = [...new Set([...known].map((file) => path.dirname(file)))];
  const found = (await Promise.all(folders.map((folder) => leftoversIn(folder, known))))
    .flat()
    .filter(({ target }) => known.has(target) || isOurs(root, target));
  if (found.length === 0) return fine(id, 'no leftovers of a write that was cut off');
  const names = found.map(({ file }) => path.relative(root, file)).join(', ');
  return {
    id,
    level: 'warning',
    message: `a write was cut off and left ${names}`,
    advice: `the files themselves are whole; ${REPAIR_ADVICE} removes the leftovers`,
    repair: () => removeAll(found, names),
  };
}

/** Detail files and recordings that the runbook no longer names, or that nobody can tell because it has errors. */
function isOurs(root: string, target: string): boolean {
  return /^(tasks|recordings)[\\/][^\\/]+\.ya?ml$/.test(path.relative(root, target));
}

async function removeAll(found: readonly Leftover[], names: string): Promise<Result<string, FileFailure>> {
  const kept: string[] = [];
  for (const leftover of found) {
    const foreign = isForeign(leftover);
    // Whoever it belonged to has removed it.
    if (!foreign.ok && foreign.error.errno === 'ENOENT') continue;
    if (!foreign.ok) return foreign;
    const done = foreign.value ? moveBeside(leftover.file, leftover.target) : await removeFile(leftover.file);
    if (!done.ok) return done;
    if (done.value !== undefined) kept.push(path.basename(done.value));
  }
  return ok(kept.length === 0 ? `removed ${names}` : `kept what may be somebody else's: ${kept.join(', ')}`);
}

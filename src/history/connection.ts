// The connection to a history that all of this process share: what one of them writes, another need not read from the file again, and
// can write in the same commit. Knows no table.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { type Db, openDatabase } from '../database/open.ts';
import { fileId } from '../system/files.ts';
import { HISTORY_MIGRATIONS } from './migrations.ts';

export type Connection = {
  readonly db: Db;
  /** Tells whether the file is still the one that was opened. */
  readonly id: string | undefined;
  /** Closed with the last of those that share it. */
  readonly close: () => void;
};

type Shared = { readonly db: Db; readonly id: string | undefined; users: number };

const shared = new Map<string, Shared>();

/** A file that was put in the place of the one that was opened gets a connection of its own. */
export function connect(file: string): Result<Connection, Failure> {
  const there = shared.get(file);
  if (there !== undefined && there.id === fileId(file)) return ok(shareOf(file, there));
  const opened = openDatabase({ file, migrations: HISTORY_MIGRATIONS });
  if (!opened.ok) return opened;
  const made: Shared = { db: opened.value, id: fileId(file), users: 0 };
  shared.set(file, made);
  return ok(shareOf(file, made));
}

function shareOf(file: string, entry: Shared): Connection {
  let open = true;
  entry.users += 1;
  return {
    db: entry.db,
    id: entry.id,
    close() {
      if (!open) return;
      open = false;
      entry.users -= 1;
      if (entry.users > 0) return;
      entry.db.close();
      if (shared.get(file) === entry) shared.delete(file);
    },
  };
}

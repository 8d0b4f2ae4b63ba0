// The runbook as a command that changes state begins with: read, compared with what was last written, hand edits taken over.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Remembered } from '../journal/journal.ts';
import { placeProblems } from '../runbook/problem.ts';
import { loadRunbook, whenSaved } from '../runbook/store.ts';
import type { Runbook } from '../runbook/task.ts';
import { takeEdits } from './hand-edits.ts';
import { conflictProblem, reconcile } from './reconcile.ts';
import type { NotTaken } from './roll-forward.ts';
import { secretsOf } from './secrets.ts';
import type { Session } from './session.ts';
import { withVars } from './vars.ts';

/**
 * Reads anew what has changed: people edit while it runs. A conflict is a failure that names both places. While the files are behind for
 * a moment, what is known of them counts; what a person does in that moment is seen when they are written.
 */
export async function openRunbook(session: Session): Promise<Result<Runbook, Failure>> {
  const opened = await openFiles(session);
  return opened.ok ? ok(withVars(opened.value, session.vars)) : opened;
}

async function openFiles(session: Session): Promise<Result<Runbook, Failure>> {
  for (;;) {
    const view = session.ledger.view();
    if (view) return ok(view);
    const written = await writeHeld(session);
    if (!written.ok) return written;
    // Another task that is at work may end at any moment: files that are half written would look like somebody's edit.
    const compared = await session.ledger.whileQuiet(async () =>
      session.ledger.isBehind() ? undefined : readAndCompare(session),
    );
    if (compared === undefined) continue;
    return compared.ok ? takeOver(session, compared.value) : compared;
  }
}

type Compared = ReturnType<typeof reconcile> & { readonly remembered: Map<string, Remembered> };

async function readAndCompare(session: Session): Promise<Result<Compared, Failure>> {
  const loaded = await whenSaved(() => loadRunbook(session.states, session.files));
  if (!loaded.ok) return loaded;
  const remembered = session.ledger.remembered();
  if (!remembered.ok) return remembered;
  const behind = session.ledger.behind();
  if (!behind.ok) return behind;
  return ok({ ...reconcile(loaded.value, remembered.value, behind.value), remembered: remembered.value });
}

async function takeOver(
  session: Session,
  { runbook, edits, conflicts, unseen, remembered }: Compared,
): Promise<Result<Runbook, Failure>> {
  if (conflicts.length > 0)
    return err({
      code: 'conflict',
      diagnostics: await placeProblems(conflicts.map((conflict) => conflictProblem(runbook, conflict))),
    });
  session.ledger.observe(new Map(unseen.map(({ id, status }) => [id, { status }])));
  if (edits.length > 0) {
    const taken = await takeEdits(session, { runbook, edits, remembered });
    return taken.ok ? whenSaved(() => loadRunbook(session.states, session.files)) : taken;
  }
  session.redactor.learn(secretsOf(session.root, session.environment, runbook));
  session.ledger.readAnew(runbook);
  return ok(runbook);
}

/** The files follow what is in the journal only. Where they do not take it, because a person was there or they cannot be read, that is said. */
export async function writeHeld(session: Session): Promise<Result<undefined, Failure>> {
  const flushed = await session.ledger.flush();
  tellKeptBeside(session);
  if (!flushed.ok) return flushed;
  const news = session.ledger.news();
  const { overruled, waiting } = news;
  tellOverruled(session, news);
  const [id = overruled[0]?.taskId] = waiting;
  if (id === undefined) return ok(undefined);
  const message =
    waiting.length > 0
      ? `the files of "${id}" cannot be read as they are now`
      : `"${id}" was changed by hand while it ran`;
  return err({ code: 'changed-meanwhile', path: id, message });
}

/** What has no place in a file that somebody else wrote at the same time. */
export function tellKeptBeside(session: Session): void {
  tellKept(session, session.files.takeKept(), 'orchestrate wrote the file, and somebody else too');
}

/** `files`: absolute. `when`: that it is not in the file itself. */
export function tellKept(session: Session, files: readonly string[], when: string): void {
  for (const file of files)
    session.report({
      kind: 'warning',
      message: `${path.relative(session.states, file)} holds what somebody saved in the moment in which ${when}`,
      advice: 'take over from it what you need, then remove it',
    });
}

/** What a person's value, or files that cannot be read, kept from being written. */
export function tellOverruled(session: Session, { overruled, waiting }: NotTaken): void {
  for (const id of waiting)
    session.report({
      kind: 'warning',
      message: `the outcome of ${id} still waits in the journal: its files cannot be read (orchestrate validate)`,
    });
  for (const { taskId, file, now } of overruled)
    session.report({
      kind: 'warning',
      message:
        now === 'gone'
          ? `${taskId} was removed from the runbook while its outcome was not yet written; the outcome stays in the journal`
          : `${taskId} was set to ${now} by hand (${file}) before its outcome was written; that counts, the outcome stays in the journal`,
    });
  session.ledger.note(
    overruled.map(({ taskId, file, now }) => ({
      task_id: taskId,
      event_type: 'EDIT_CONFLICT',
      details: { file, now, reason: 'changed by hand before the outcome could be written' },
    })),
    'orchestrate',
  );
}

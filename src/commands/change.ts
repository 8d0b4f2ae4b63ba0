// `orchestrate retry | skip | done | reset`: a state changed as a person would by hand.

import { type App, openSession, type WaitOption } from '../app.ts';
import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import { type Changed, finishTask, resetTasks, retryTask, skipTask } from '../run/change.ts';
import { writeHeld } from '../run/open.ts';
import type { Session } from '../run/session.ts';
import type { Status } from '../runbook/words.ts';
import { writeJson } from '../terminal/io.ts';
import { fail } from './outcome.ts';

export function retry(
  app: App,
  options: { id: string; resolution?: string; takeOver?: boolean; wait?: WaitOption },
): Promise<number> {
  const { id, resolution, takeOver = false } = options;
  return change(app, options.wait, (session) =>
    retryTask(session, id, { takeOver, ...(resolution === undefined ? {} : { resolution }) }),
  );
}

export function skip(app: App, options: { id: string; unblock?: boolean; wait?: WaitOption }): Promise<number> {
  return change(
    app,
    options.wait,
    (session) => skipTask(session, options.id, { unblock: options.unblock ?? false }),
    `to let them go on: orchestrate skip ${options.id} --unblock`,
  );
}

export function done(
  app: App,
  options: { id: string; note?: string; force?: boolean; wait?: WaitOption },
): Promise<number> {
  const { id, note, force = false } = options;
  return change(app, options.wait, (session) =>
    finishTask(session, id, { force, ...(note === undefined ? {} : { note }) }),
  );
}

export async function reset(
  app: App,
  options: { ids: readonly string[]; all?: boolean; wait?: WaitOption },
): Promise<number> {
  const { ids, all = false } = options;
  if (all === ids.length > 0)
    return fail(app.io, {
      code: 'usage',
      message: 'name the tasks to reset, or say --all',
      advice: 'orchestrate reset ID… | orchestrate reset --all',
    });
  return change(app, options.wait, (session) => resetTasks(session, all ? 'all' : ids));
}

async function change(
  app: App,
  wait: WaitOption | undefined,
  act: (session: Session) => Promise<Result<Changed, Failure>>,
  unblocking = '',
): Promise<number> {
  const opened = await openSession(app, { wait });
  if (!opened.ok) return fail(app.io, opened.error);
  try {
    const changed = await act(opened.value.session);
    const written = await writeHeld(opened.value.session);
    if (!changed.ok) return fail(app.io, changed.error);
    if (!written.ok) return fail(app.io, written.error);
    tell(app, changed.value, unblocking);
    return 0;
  } finally {
    opened.value.close();
  }
}

function tell({ io }: App, { moved, blocked, confirmed = [] }: Changed, unblocking: string): void {
  if (io.json) return writeJson(io, { changed: moved, blocked, ...(confirmed.length > 0 ? { confirmed } : {}) });
  if (io.quiet) return;
  for (const { id, from, to } of moved) io.out(`${id}: ${io.style.dim(from)} → ${io.style.status(to as Status)}\n`);
  for (const id of confirmed) io.out(`${id}: confirmed as it is now\n`);
  if (moved.length === 0 && confirmed.length === 0) io.out('Nothing had to be changed.\n');
  if (blocked.length > 0)
    io.err(`${io.errStyle.warn('still blocked')}: ${blocked.join(', ')}\n  ${io.errStyle.accent('→')} ${unblocking}\n`);
}

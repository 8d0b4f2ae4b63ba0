// `orchestrate state export|import`: the states of the tasks as a file of their own, from one machine to another.

import { type App, openSession, readProject, type WaitOption } from '../app.ts';
import { createRedactor } from '../base/secrets.ts';
import { count, oneLine } from '../base/text.ts';
import { importStates } from '../run/import-states.ts';
import { secretsOf } from '../run/secrets.ts';
import { stateDocument } from '../run/state-file.ts';
import { timestamp } from '../system/clock.ts';
import { writeJson } from '../terminal/io.ts';
import { readStates, STATES, writeStates } from './ci/fresh.ts';
import { fail } from './outcome.ts';
import { writableTarget } from './target.ts';

/** To the file, or to stdout. */
export async function exportState(app: App, { file }: { file?: string | undefined }): Promise<number> {
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { root, environment, runbook } = project.value;
  const redactor = createRedactor(secretsOf(root, environment, runbook));
  if (file === undefined) {
    writeJson(app.io, redactor.value(stateDocument(runbook, timestamp())));
    return 0;
  }
  const target = writableTarget(root, { by: 'state export', file, what: STATES }, runbook);
  if (!target.ok) return fail(app.io, target.error);
  const written = await writeStates(root, file, redactor);
  if (!written.ok) return fail(app.io, written.error);
  const tasks = runbook.tasks.length;
  if (app.io.json) writeJson(app.io, { file, tasks });
  else if (!app.io.quiet) app.io.out(`${file}: the states of ${count(tasks, 'task')}\n`);
  return 0;
}

export async function importState(
  app: App,
  { file, wait }: { file: string; wait?: WaitOption | undefined },
): Promise<number> {
  const states = await readStates(file);
  if (!states.ok) return fail(app.io, states.error);
  const opened = await openSession(app, { wait });
  if (!opened.ok) return fail(app.io, opened.error);
  try {
    const imported = await importStates(opened.value.session, states.value);
    if (!imported.ok) return fail(app.io, imported.error);
    tell(app, imported.value);
    return 0;
  } finally {
    opened.value.close();
  }
}

function tell({ io }: App, { changed, unknown }: { changed: readonly Change[]; unknown: readonly string[] }): void {
  if (io.json) return writeJson(io, { changed, unknown });
  if (unknown.length > 0)
    io.err(`${io.errStyle.warn('warning')}: not in this runbook, left out: ${oneLine(unknown.join(', '))}\n`);
  const back = changed.filter(({ from, to }) => isFinal(from) && !isFinal(to)).map(({ id }) => id);
  if (back.length > 0)
    io.err(
      `${io.errStyle.warn('warning')}: finished here, and not in the file: ${back.join(', ')}\n  ${io.errStyle.accent('→')} if yours counts: orchestrate undo\n`,
    );
  if (io.quiet) return;
  for (const { id, from, to } of changed)
    io.out(from === to ? `${id}: its last run (${to})\n` : `${id}: ${from} → ${to}\n`);
  if (changed.length === 0) io.out('Nothing to import: the states are the same.\n');
}

function isFinal(status: string): boolean {
  return status === 'DONE' || status === 'SKIPPED';
}

type Change = { readonly id: string; readonly from: string; readonly to: string };

// `orchestrate undo`: shows the steps that were done, or takes the newest of them back.

import { type App, type OpenSession, openProject, openSession, type WaitOption } from '../app.ts';
import { localTime, oneLine } from '../base/text.ts';
import { undo as takeBack, type UndoStep, undoSteps } from '../run/undo.ts';
import { writeJson } from '../terminal/io.ts';
import { fail } from './outcome.ts';

export type UndoOptions = { readonly list?: boolean; readonly to?: number; readonly wait?: WaitOption };

export async function undo(app: App, options: UndoOptions): Promise<number> {
  if (options.list) return list(app, options);
  const opened = await openSession(app, { wait: options.wait });
  if (!opened.ok) return fail(app.io, opened.error);
  try {
    return await carryOut(app, opened.value, options.to);
  } finally {
    opened.value.close();
  }
}

/** Reads only. */
async function list(app: App, { to }: UndoOptions): Promise<number> {
  if (to !== undefined)
    return fail(app.io, { code: 'usage', message: '--list and --to do not go together', advice: 'choose one of them' });
  const project = openProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { readEntries } = await import('../journal/journal.ts');
  const entries = readEntries(project.value.root);
  if (!entries.ok) return fail(app.io, entries.error);
  const steps = undoSteps(entries.value);
  if (app.io.json) writeJson(app.io, { steps: steps.map(plain) });
  else app.io.out(steps.length === 0 ? 'Nothing was done yet.\n' : steps.map((step) => drawStep(app, step)).join(''));
  return 0;
}

async function carryOut(app: App, { session, journal }: OpenSession, to: number | undefined): Promise<number> {
  const undone = await takeBack(session, journal, to);
  if (!undone.ok) return fail(app.io, undone.error);
  const { io } = app;
  if (io.json) {
    writeJson(io, { undone: undone.value.map(plain) });
    return 0;
  }
  if (!io.quiet) io.out(undone.value.map((step) => drawStep(app, step)).join(''));
  const remains = [...new Set(undone.value.flatMap((step) => step.remains))];
  if (remains.length > 0) io.err(`${io.errStyle.warn('not taken back')}: ${remains.map(oneLine).join('; ')}\n`);
  return 0;
}

function plain({ seq, at, title, moves, remains }: UndoStep): Record<string, unknown> {
  return { seq, timestamp: at, title, moves, not_taken_back: remains };
}

function drawStep({ io: { style } }: App, { seq, at, title, moves }: UndoStep): string {
  const changes = moves.map(({ id, from, to }) => `${id} ${style.dim(from)} → ${style.status(to)}`).join(', ');
  return `${String(seq).padStart(4)}  ${style.dim(localTime(at))}  ${oneLine(title)}${changes === '' ? '' : `  ${changes}`}\n`;
}

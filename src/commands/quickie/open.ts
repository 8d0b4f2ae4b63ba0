// What every quickie command begins with: where templates and history are, and the calls that can be made from there.

import path from 'node:path';
import type { App } from '../../app.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { CallFlags, CallNews } from '../../calls/types.ts';
import type { HistoryReader } from '../../history/reader.ts';
import { type Home, openHome, openModels } from '../../home.ts';
import type { QuickieParts } from '../../quickies/service.ts';
import { placeProblems } from '../../runbook/problem.ts';
import { exists } from '../../system/files.ts';
import { RUNBOOK_FILE } from '../../system/paths.ts';
import { findTemplate, type Library, loadLibrary, quickiePlaces } from '../../templates/quickie/library.ts';
import { QUICKIE_FILE, type QuickieTemplate } from '../../templates/quickie/types.ts';
import { oneId, unknownCall } from '../history/open.ts';

export function libraryOf(home: Home): Promise<Library> {
  return loadLibrary(quickiePlaces(home.kind === 'project' ? home.root : undefined, home.userRoot));
}

/** The template of that name, or every problem that keeps it from being used. */
export async function templateNamed(home: Home, name: string): Promise<Result<QuickieTemplate, Failure>> {
  const found = findTemplate(await libraryOf(home), name);
  if (found.ok) return found;
  const diagnostics = await placeProblems(found.error);
  return err({ code: 'problems', diagnostics: [...diagnostics, ...strayFile(home)] });
}

/** A file of templates in a folder that is no project: whoever looks at it does not see why it does not count. */
export function strayFile({ kind }: Home): Diagnostic[] {
  if (kind === 'project' || !exists(path.resolve(QUICKIE_FILE))) return [];
  const message = `${QUICKIE_FILE} in this folder does not count: there is no ${RUNBOOK_FILE} beside its config/`;
  const advice = `make this folder a project: echo "tasks: []" > ${RUNBOOK_FILE}`;
  return [{ severity: 'warning', code: 'no-project', message, advice }];
}

export type OpenQuickies = { readonly parts: QuickieParts; readonly close: () => void };

export async function openQuickies(
  app: App,
  home: Home,
  { flags, report }: { flags: CallFlags; report: (news: CallNews) => void },
): Promise<OpenQuickies> {
  const { ai, redactor, models, calls, close } = await openModels(app, home, { flags });
  return { parts: { ai, redactor, models, calls, report }, close };
}

/** What `use` gives for the history; undefined is a home without one. */
export async function withHistory<T>(
  app: App,
  use: (reader: HistoryReader | undefined) => Result<T, Failure>,
): Promise<Result<T, Failure>> {
  const home = await openHome(app);
  if (!home.ok) return home;
  const { openReader } = await import('../../history/reader.ts');
  const reader = openReader(home.value.dataRoot, home.value.redactor);
  if (!reader.ok) return reader;
  try {
    return use(reader.value);
  } finally {
    reader.value?.close();
  }
}

/** The whole id of the call whose id begins so. */
export function wholeId(reader: HistoryReader | undefined, prefix: string): Result<string, Failure> {
  const found = reader?.find(prefix) ?? ok({ kind: 'none' as const });
  if (!found.ok) return found;
  return found.value.kind === 'none' ? err(unknownQuickie(prefix)) : oneId(prefix, found.value);
}

export function unknownQuickie(prefix: string): Failure {
  return { ...unknownCall(prefix), code: 'usage', advice: '"orchestrate quickie list" shows the ids' } as Failure;
}

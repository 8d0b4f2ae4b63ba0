// Reads a project's runbook and detail files, and saves edits into them. The only writer of those files. Knows nothing of why a
// value changes.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { pause } from '../system/clock.ts';
import { readText, removeNow } from '../system/files.ts';
import { confine, joinTo, RUNBOOK_FILE } from '../system/paths.ts';
import { isAsWritten, replaceFile } from '../system/replace.ts';
import { type Content, contentOf, type ReadRunbook, readAs } from './content.ts';
import { readDetail, readSettled, readSimpleDetail } from './details.ts';
import { createFileCache, type FileCache } from './file-cache.ts';
import type { FileIndex } from './file-index.ts';
import { mayShareValues, parseDetail, parseRunbook, readYaml } from './parse.ts';
import { patchWords } from './patch/words.ts';
import type { PatchRefusal, YamlEdit } from './patch.ts';
import { type Problem, placeProblems, type SourceFile } from './problem.ts';
import { type DetailFile, NO_DETAIL } from './resolve.ts';
import { resolveOnce } from './resolve-once.ts';
import type { RawEntry, RawRunbook } from './schema.ts';
import { mayGiveVariables, type Settings, settingsAlone } from './settings.ts';
import { readPresent } from './sources.ts';
import type { Runbook } from './task.ts';

/**
 * The runbook of a project with all its detail files. What blocks everything (an error in runbook.yaml or in the graph) is a
 * failure; what blocks one task is in `runbook.problems`.
 */
export async function loadRunbook(
  root: string,
  files = createFileCache(),
  index?: FileIndex,
): Promise<Result<Runbook, Failure>> {
  const inspected = await inspectRunbook(root, files, index);
  if (!inspected.ok) return inspected;
  const { runbook, blocking } = inspected.value;
  return blocking.length > 0 ? failWith([...blocking, ...runbook.problems]) : ok(runbook);
}

export type Inspected = {
  /** Must not be run while `blocking` is not empty. */
  readonly runbook: Runbook;
  readonly blocking: readonly Problem[];
  /** Drops problems that may only follow from what could not be read. */
  readonly withoutFollowing: (problems: readonly Problem[]) => readonly Problem[];
};

/** As much of the runbook as can be read, and everything that is wrong with it. A failure where nothing can be read. */
export async function inspectRunbook(
  root: string,
  files = createFileCache(),
  index?: FileIndex,
): Promise<Result<Inspected, Failure>> {
  const indexed = index?.known(RUNBOOK_FILE) as ReadRunbook | undefined;
  const { source, raw } = indexed ?? (await readRunbook(root, files));
  if (!source.ok) return source.error.code === 'io' ? err(source.error) : failWith(source.error.problems);
  if (raw?.ok)
    return ok({
      ...(await resolveFiles(root, {
        source: source.value,
        raw: raw.value,
        files,
        index,
        isIndexed: indexed !== undefined,
      })),
      withoutFollowing: (problems) => problems,
    });
  const data = await readYaml(source.value);
  const { salvage, withoutFollowing } = await import('./salvage.ts');
  const salvaged = data.ok ? salvage(data.value) : undefined;
  if (salvaged === undefined) return failWith(raw?.error ?? []);
  const { runbook, blocking } = await resolveFiles(root, { source: source.value, raw: salvaged.raw, files });
  const sure = salvaged.lost ? withoutFollowing : (problems: readonly Problem[]) => problems;
  return ok({ runbook, blocking: [...(raw?.error ?? []), ...sure(blocking)], withoutFollowing: sure });
}

async function readRunbook(root: string, files: FileCache): Promise<ReadRunbook> {
  const file = path.join(root, RUNBOOK_FILE);
  const known = files.known(file) as ReadRunbook | undefined;
  if (known) return known;
  return files.read<ReadRunbook>(file, async () => {
    const present = await readPresent(file, RUNBOOK_FILE);
    return { source: present, raw: present.ok ? await parseRunbook(present.value) : undefined };
  });
}

/**
 * The settings of a project for commands that run none of its tasks (quickies, prompts, the history). What is wrong with the graph or with
 * a task is no concern of theirs. Detail files are read whole only where they may hold what must be kept secret.
 */
export async function loadSettings(root: string): Promise<Result<Settings, Failure>> {
  const source = await readPresent(path.join(root, RUNBOOK_FILE), RUNBOOK_FILE);
  if (!source.ok) return source.error.code === 'io' ? err(source.error) : failWith(source.error.problems);
  const parsed = await parseRunbook(source.value);
  const isEmpty = !parsed.ok && parsed.error.every(({ code }) => code === 'empty-runbook');
  if (!parsed.ok && !isEmpty) return failWith(parsed.error);
  const raw = parsed.ok ? parsed.value : { tasks: [] };
  const isPlain =
    !mayGiveVariables(JSON.stringify(raw.defaults ?? 0)) && raw.tasks.every((entry) => hasNoVariables(root, entry));
  if (isPlain) return ok(settingsAlone(source.value, raw));
  return ok((await resolveFiles(root, { source: source.value, raw, files: createFileCache() })).runbook);
}

function hasNoVariables(root: string, { task_detail_file: file }: RawEntry): boolean {
  if (file === undefined) return true;
  const text = readText(path.join(root, file));
  return text.ok && !mayGiveVariables(text.value);
}

type ReadFiles = {
  readonly source: SourceFile;
  readonly raw: RawRunbook;
  readonly files: FileCache;
  readonly index?: FileIndex | undefined;
  /** The runbook itself was not read: it is one that shares no values. */
  readonly isIndexed?: boolean;
};

async function resolveFiles(
  root: string,
  { source, raw, files, index, isIndexed = false }: ReadFiles,
): Promise<{ runbook: Runbook; blocking: Problem[] }> {
  const inside = confine(root);
  const folders = new Map<string, boolean>();
  const isInside = (folder: string) => {
    if (!folders.has(folder)) folders.set(folder, inside(folder) !== undefined);
    return folders.get(folder) === true;
  };
  const atOnce = ({ task_detail_file: name }: RawEntry): DetailFile | undefined => {
    if (name === undefined) return NO_DETAIL;
    const known = index?.known(name) as DetailFile | undefined;
    if (known && isInside(path.dirname(name))) return known;
    const file = joinTo(root, name);
    return (files.known(file) as DetailFile | undefined) ?? readSimpleDetail(file, name, { isInside, files });
  };
  const found = raw.tasks.map(atOnce);
  const others = await readSettled(
    raw.tasks.flatMap(({ task_detail_file: name }, at) => (name === undefined || found[at] ? [] : name)),
    { root, read: (name) => files.read(joinTo(root, name), () => readDetail(root, name, inside)) },
  );
  const details = raw.tasks.map(({ task_detail_file: name = '' }, at) => (found[at] ?? others.get(name)) as DetailFile);
  const { runbook, blocking } = resolveOnce({ source, raw, details });
  return { runbook, blocking: [...blocking, ...(isIndexed ? [] : await sharedStatuses(source, raw))] };
}

async function failWith(problems: readonly Problem[]): Promise<Result<never, Failure>> {
  return err({ code: 'problems', diagnostics: await placeProblems(problems) });
}

/** What is to be changed in a file, found anew in whatever it holds when it is written. `file` is relative to the root. */
export type FileEdit = {
  readonly file: string;
  readonly edits: (data: unknown) => Result<readonly YamlEdit[], Failure>;
};

/** A file and what it is to hold; `former` is what it holds now. `data` is what its text says, where that is known. */
export type PlannedFile = {
  readonly edit: FileEdit;
  readonly text: string;
  readonly former: string;
  readonly data?: unknown;
  /** Whether it was planned from a version that was known before: else somebody may have written in it what nobody has seen yet. */
  readonly isFromKnown?: boolean;
};

/**
 * Finds what the files will hold, so that one that cannot be edited leaves the others alone. Reads the files as they are now on disk:
 * what a person changed since they were read before stays. Touches only the edited bytes (runbook/patch.ts).
 */
export async function planFiles(
  root: string,
  edits: readonly FileEdit[],
  files?: FileCache,
): Promise<Result<PlannedFile[], Failure>> {
  const planned: PlannedFile[] = [];
  for (const edit of edits) {
    const plan = await whenSaved(() => planAt(path.join(root, edit.file), edit, files));
    if (!plan.ok) return plan;
    planned.push(plan.value);
  }
  return ok(planned);
}

/** What a file holds now. */
export async function readData(root: string, file: string, files?: FileCache): Promise<Result<unknown, Failure>> {
  const read = await whenSaved(() => readAt(path.join(root, file), file, files));
  return read.ok ? ok(read.value.data) : read;
}

async function readAt(absolute: string, file: string, files?: FileCache): Promise<Result<Content, Failure>> {
  const known = contentOf(files?.known(absolute) as ReadRunbook | DetailFile | undefined);
  if (known !== undefined) return ok(known);
  const source = await readPresent(absolute, file);
  if (!source.ok) return source.error.code === 'io' ? err(source.error) : failWith(source.error.problems);
  const data = await readYaml(source.value);
  return data.ok ? ok({ source: source.value, data: data.value }) : failWith(data.error);
}

async function planAt(absolute: string, edit: FileEdit, files?: FileCache): Promise<Result<PlannedFile, Failure>> {
  const known = contentOf(files?.known(absolute) as ReadRunbook | DetailFile | undefined);
  const wasUntouched = known !== undefined || files?.isUntouched(absolute) === true;
  const read = known === undefined ? await readAt(absolute, edit.file) : ok(known);
  if (!read.ok) return read;
  const { source, data } = read.value;
  const former = source.text;
  const isFromKnown = known !== undefined || (wasUntouched && files?.isUntouched(absolute) === true);
  const wanted = edit.edits(data);
  if (!wanted.ok) return wanted;
  if (wanted.value.length === 0) return ok({ edit, text: former, former });
  const quick = patchWords(former, data, wanted.value);
  if (quick !== undefined) return ok({ edit, former, isFromKnown, ...quick });
  const { patchYaml } = await import('./patch.ts');
  const patched = patchYaml(former, wanted.value);
  return patched.ok
    ? ok({ edit, text: patched.value, former, isFromKnown })
    : failWith([refusal(source, patched.error)]);
}

const SAVING = { tries: 5, pauseMs: 80 };

/** What does not parse may be half of what somebody is saving at this moment: it is looked at again before it counts as broken. */
export async function whenSaved<T>(read: () => Promise<Result<T, Failure>>): Promise<Result<T, Failure>> {
  for (let tries = 1; ; tries += 1) {
    const result = await read();
    if (result.ok || result.error.code !== 'problems' || tries === SAVING.tries) return result;
    await pause(SAVING.pauseMs);
  }
}

/** Somebody who writes the same file without pause must not keep us for ever. */
const MOST_TRIES = 20;

/** What is synced at the same time shares the commits of the file system. */
const AT_ONCE = 8;

/** `writePlanned` for many: the detail files, and when they hold it, the runbook, which is the one that decides. */
export async function writeAllPlanned(
  root: string,
  planned: readonly PlannedFile[],
  files: FileCache,
): Promise<Result<undefined, Failure>> {
  const [last, details] = [planned.filter(isRunbook), planned.filter((file) => !isRunbook(file))];
  for (let from = 0; from < details.length; from += AT_ONCE) {
    const group = details.slice(from, from + AT_ONCE).map((file) => writePlanned(root, file, files));
    // None goes on unattended, whatever becomes of another.
    await Promise.allSettled(group);
    const failed = (await Promise.all(group)).find((written) => !written.ok);
    if (failed) return failed;
  }
  for (const file of last) {
    const written = await writePlanned(root, file, files);
    if (!written.ok) return written;
  }
  return ok(undefined);
}

function isRunbook({ edit: { file } }: PlannedFile): boolean {
  return file === RUNBOOK_FILE;
}

/**
 * Writes one planned file. A write of somebody else that came in between is merged: the edits are made in theirs. Where they cannot
 * be made there, theirs is put back and the failure says why. Where a third text comes in between, theirs stays beside the file.
 */
export async function writePlanned(
  root: string,
  planned: PlannedFile,
  files?: FileCache,
): Promise<Result<undefined, Failure>> {
  const { edit } = planned;
  const file = path.join(root, edit.file);
  let { text, former } = planned;
  const read = files && planned.isFromKnown && text !== former ? await asRead(planned) : undefined;
  /** Where theirs is, that ours was made from. */
  let source: string | undefined;
  for (let tries = 0; text !== former; tries += 1) {
    const replaced = tries < MOST_TRIES ? await replaceFile(file, text, former) : err(restless(edit.file));
    if (!replaced.ok) {
      if (source !== undefined) files?.keptBeside(source);
      return replaced;
    }
    if (replaced.value.kind === 'replaced') {
      // What somebody else wrote in it is for the next reading to find.
      if (tries === 0 && planned.isFromKnown && isAsWritten(file)) files?.wrote(file, read);
      break;
    }
    // A third text came before theirs was in the file again: nobody but they can say what counts.
    if (source !== undefined) files?.keptBeside(source);
    source = replaced.value.kind === 'displaced' ? replaced.value.keptAs : undefined;
    const theirs = source ?? file;
    const merged = await whenSaved(() => planAt(theirs, edit));
    if (!merged.ok)
      return theirs === file ? merged : putBack(file, theirs, { ours: text, failure: merged.error, files });
    former = theirs === file ? merged.value.former : text;
    text = merged.value.text;
  }
  if (source !== undefined) removeNow(source);
  return ok(undefined);
}

/** What reading it would give; undefined where something would be wrong with it. */
async function asRead({ edit: { file }, text, data }: PlannedFile): Promise<ReadRunbook | DetailFile | undefined> {
  const source = { file, text };
  if (data !== undefined) return readAs({ source, data });
  const parsed = await (file === RUNBOOK_FILE ? parseRunbook(source) : parseDetail(source));
  return parsed.ok ? readAs({ source, data: parsed.value }) : undefined;
}

/** What somebody else wrote stands at its place again; should a third have written meanwhile, it stays beside the file. */
async function putBack(
  file: string,
  theirs: string,
  { ours, failure, files }: { ours: string; failure: Failure; files: FileCache | undefined },
): Promise<Result<never, Failure>> {
  const read = readText(theirs);
  const replaced = read.ok ? await replaceFile(file, read.value, ours) : read;
  if (replaced.ok && replaced.value.kind === 'replaced') removeNow(theirs);
  else files?.keptBeside(theirs);
  if (replaced.ok && replaced.value.kind === 'displaced') files?.keptBeside(replaced.value.keptAs);
  return err(failure);
}

function restless(file: string): Failure {
  const message = `${file} is written again and again by somebody else`;
  return { code: 'changed-meanwhile', path: file, message };
}

/** Tasks are changed one after the other, most often in file order: the next one stands behind the last. */
let lastFound = 0;

/** Ids are unique (resolve.ts), so that it does not matter where the search begins. */
function indexFrom(tasks: readonly ({ id?: unknown } | null)[], from: number, id: string): number {
  for (let step = 0; step < tasks.length; step += 1) {
    const index = (from + step) % tasks.length;
    if (tasks[index]?.id === id) return index;
  }
  return -1;
}

/** The place of an entry in the data of runbook.yaml, undefined where there is no such task (any more). */
export function entryOf(data: unknown, taskId: string): { index: number; entry: Record<string, unknown> } | undefined {
  const tasks = (data as { tasks?: unknown } | null)?.tasks;
  if (!Array.isArray(tasks)) return undefined;
  const index = indexFrom(tasks, lastFound, taskId);
  if (index >= 0) lastFound = index;
  return index < 0 ? undefined : { index, entry: tasks[index] as Record<string, unknown> };
}

/**
 * The statuses of a runbook that could not be changed alone, because others share them by an anchor: to be said before anything is
 * run, not at the end of a task. Costs nothing where there is no anchor.
 */
async function sharedStatuses(source: SourceFile, raw: RawRunbook): Promise<Problem[]> {
  if (!mayShareValues(source.text)) return [];
  const { patchYaml } = await import('./patch.ts');
  const edits = raw.tasks.map(
    ({ status }, index): YamlEdit => ({
      kind: 'set',
      path: ['tasks', index, 'status'],
      value: status === 'RUNNING' ? 'READY' : 'RUNNING',
    }),
  );
  const patched = patchYaml(source.text, edits);
  return patched.ok ? [] : [refusal(source, patched.error)];
}

function refusal(source: SourceFile, error: PatchRefusal): Problem {
  const message = error.kind === 'refused' ? `this value cannot be changed alone: ${error.reason}` : error.message;
  const spot = {
    source,
    path: error.kind === 'refused' ? error.path : [],
    ...(error.span ? { span: error.span } : {}),
  };
  const advice = 'write the value out in this place, without an anchor or alias';
  return { severity: 'error', code: 'cannot-edit', message, spot, advice };
}

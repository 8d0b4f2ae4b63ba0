// Reads a project's runbook and detail files, and saves edits into them. The only writer of those files. Knows nothing of why a
// value changes.

import path from 'node:path';
import { errnoText } from '../base/errno.ts';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { pause } from '../system/clock.ts';
import { fileInfo, readBytes, readText, removeNow } from '../system/files.ts';
import { confine, RUNBOOK_FILE } from '../system/paths.ts';
import { reappeared, replaceFile, settle } from '../system/replace.ts';
import { badCharacter } from './characters.ts';
import { createFileCache, type FileCache } from './file-cache.ts';
import { MAX_YAML_BYTES, parseDetail, parseRunbook, readYaml } from './parse.ts';
import { patchWords } from './patch/words.ts';
import type { PatchRefusal, YamlEdit } from './patch.ts';
import { type Problem, placeProblems, type SourceFile } from './problem.ts';
import { type DetailFile, resolveRunbook } from './resolve.ts';
import type { RawDetail, RawRunbook } from './schema.ts';
import type { Runbook } from './task.ts';
import { TASK_TYPES } from './words.ts';

/**
 * The runbook of a project with all its detail files. What blocks everything (an error in runbook.yaml or in the graph) is a
 * failure; what blocks one task is in `runbook.problems`.
 */
export async function loadRunbook(root: string, files = createFileCache()): Promise<Result<Runbook, Failure>> {
  const inspected = await inspectRunbook(root, files);
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
export async function inspectRunbook(root: string, files = createFileCache()): Promise<Result<Inspected, Failure>> {
  const file = path.join(root, RUNBOOK_FILE);
  const { source, raw } =
    (files.known(file) as ReadRunbook | undefined) ??
    (await files.read<ReadRunbook>(file, async () => {
      const present = await readPresent(file, RUNBOOK_FILE);
      return { source: present, raw: present.ok ? await parseRunbook(present.value) : undefined };
    }));
  if (!source.ok) return source.error.code === 'io' ? err(source.error) : failWith(source.error.problems);
  if (raw?.ok)
    return ok({
      ...(await resolveFiles(root, { source: source.value, raw: raw.value, files })),
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

type ReadRunbook = {
  readonly source: Result<SourceFile, Unreadable>;
  /** Undefined where it could not be read. */
  readonly raw: Awaited<ReturnType<typeof parseRunbook>> | undefined;
};

type ReadFiles = { readonly source: SourceFile; readonly raw: RawRunbook; readonly files: FileCache };

async function resolveFiles(
  root: string,
  { source, raw, files }: ReadFiles,
): Promise<{ runbook: Runbook; blocking: Problem[] }> {
  const inside = confine(root);
  const details: DetailFile[] = [];
  for (const entry of raw.tasks) {
    const { task_detail_file: name } = entry;
    if (name === undefined) {
      details.push({ kind: 'none' });
      continue;
    }
    const file = path.join(root, name);
    details.push(
      (files.known(file) as DetailFile | undefined) ?? (await files.read(file, () => readDetail(root, name, inside))),
    );
  }
  const { runbook, blocking } = resolveRunbook({ source, raw, details });
  return { runbook, blocking: [...blocking, ...(await sharedStatuses(source, raw))] };
}

async function failWith(problems: readonly Problem[]): Promise<Result<never, Failure>> {
  return err({ code: 'problems', diagnostics: await placeProblems(problems) });
}

type Unreadable =
  | Extract<Failure, { code: 'io' }>
  | { readonly code: 'problems'; readonly problems: readonly Problem[]; readonly source: SourceFile };

function readSource(root: string, file: string): Promise<Result<SourceFile, Unreadable>> {
  return readSourceAt(path.join(root, file), file);
}

/** A file that must be there may be away for a moment, while an editor puts another in its place. */
async function readPresent(absolute: string, file: string): Promise<Result<SourceFile, Unreadable>> {
  for (;;) {
    const source = await readSourceAt(absolute, file);
    const isAway = !source.ok && source.error.code === 'io' && source.error.errno === 'ENOENT';
    if (!isAway || !(await reappeared(absolute))) return source;
  }
}

/** `file` is the name that it goes by in messages. */
async function readSourceAt(absolute: string, file: string): Promise<Result<SourceFile, Unreadable>> {
  await settle(absolute);
  const info = fileInfo(absolute);
  if (info && !info.isFile)
    return unreadable(file, {
      code: 'no-file',
      message: `${file} is ${info.isDirectory ? 'a folder' : 'not a regular file'}`,
      advice: 'put a YAML file in its place',
    });
  if (info && info.size > MAX_YAML_BYTES) {
    const message = `${file} has ${Math.round(info.size / 1_048_576)} MB; the limit is ${MAX_YAML_BYTES / 1_048_576} MB`;
    return unreadable(file, { code: 'file-too-large', message, advice: 'move data out of it into files of its own' });
  }
  const bytes = readBytes(absolute);
  if (!bytes.ok) return bytes;
  const source = { file, text: bytes.value.toString('utf8') };
  const problem = badCharacter(source, bytes.value);
  return problem ? err({ code: 'problems', problems: [problem], source }) : ok(source);
}

function unreadable(
  file: string,
  { code, message, advice }: { code: string; message: string; advice: string },
): Result<never, Unreadable> {
  const source = { file, text: '' };
  return err({
    code: 'problems',
    problems: [{ severity: 'error', code, message, spot: { source, path: [] }, advice }],
    source,
  });
}

async function readDetail(
  root: string,
  file: string,
  inside: (relative: string) => string | undefined,
): Promise<DetailFile> {
  if (inside(file) === undefined)
    return { kind: 'absent', file, reason: 'lies outside the project', advice: 'give a path inside the project' };
  const source = await readSource(root, file);
  if (!source.ok) {
    const odd = notAFile(path.join(root, file));
    if (odd) return { kind: 'absent', file, reason: odd, advice: 'name a YAML file' };
    if (source.error.code === 'problems')
      return { kind: 'broken', file, source: source.error.source, problems: source.error.problems };
    return { kind: 'absent', file, reason: errnoText(source.error.errno), advice: 'create it, or correct the path' };
  }
  const raw = await parseDetail(source.value);
  if (!raw.ok)
    return { kind: 'broken', file, source: source.value, problems: raw.error, named: await namesIn(source.value) };
  return { kind: 'read', file, source: source.value, raw: raw.value };
}

/** What a path leads to where that is no file; asked only when reading did not go well. */
function notAFile(absolute: string): string | undefined {
  const info = fileInfo(absolute);
  if (info === undefined || info.isFile) return undefined;
  return info.isDirectory ? 'is a folder' : 'is not a regular file';
}

/** The id and the type of a detail file that has errors elsewhere. */
async function namesIn(source: SourceFile): Promise<{ id?: string; type?: string }> {
  const data = await readYaml(source);
  if (!data.ok || data.value === null || typeof data.value !== 'object') return {};
  const { id, type } = data.value as { id?: unknown; type?: unknown };
  const known = (TASK_TYPES as readonly unknown[]).includes(type);
  return { ...(typeof id === 'string' ? { id } : {}), ...(known ? { type: String(type) } : {}) };
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

type ReadFile = { readonly source: SourceFile; readonly data: unknown };

async function readAt(absolute: string, file: string, files?: FileCache): Promise<Result<ReadFile, Failure>> {
  const known = contentOf(files?.known(absolute) as ReadRunbook | DetailFile | undefined);
  if (known !== undefined) return ok(known);
  const source = await readPresent(absolute, file);
  if (!source.ok) return source.error.code === 'io' ? err(source.error) : failWith(source.error.problems);
  const data = await readYaml(source.value);
  return data.ok ? ok({ source: source.value, data: data.value }) : failWith(data.error);
}

/** What the runbook or a detail file says, as far as it was read without an error. */
function contentOf(read: ReadRunbook | DetailFile | undefined): ReadFile | undefined {
  if (read === undefined) return undefined;
  if ('kind' in read) return read.kind === 'read' ? { source: read.source, data: read.raw } : undefined;
  return read.source.ok && read.raw?.ok ? { source: read.source.value, data: read.raw.value } : undefined;
}

async function planAt(absolute: string, edit: FileEdit, files?: FileCache): Promise<Result<PlannedFile, Failure>> {
  const read = await readAt(absolute, edit.file, files);
  if (!read.ok) return read;
  const { source, data } = read.value;
  const former = source.text;
  const wanted = edit.edits(data);
  if (!wanted.ok) return wanted;
  if (wanted.value.length === 0) return ok({ edit, text: former, former });
  const quick = patchWords(former, data, wanted.value);
  if (quick !== undefined) return ok({ edit, former, ...quick });
  const { patchYaml } = await import('./patch.ts');
  const patched = patchYaml(former, wanted.value);
  return patched.ok ? ok({ edit, text: patched.value, former }) : failWith([refusal(source, patched.error)]);
}

const SAVING = { tries: 5, pauseMs: 80 };

/** What does not parse may be half of what somebody is saving at this moment: it is looked at again before it counts as broken. */
export async function whenSaved<T>(read: () => Promise<Result<T, Failure>>): Promise<Result<T, Failure>> {
  for (let tries = 1; ; tries += 1) {
    const result = await read();
    if (result.ok || result.error.code !== 'problems' || tries === SAVING.tries) return result;
    await pause(SAVING.pauseMs, new AbortController().signal);
  }
}

/** Somebody who writes the same file without pause must not keep us for ever. */
const MOST_TRIES = 20;

/**
 * Writes one planned file. A write of somebody else that came in between is merged: the edits are made in theirs. Where they cannot
 * be made there, theirs is put back and the failure says why.
 */
export async function writePlanned(
  root: string,
  planned: PlannedFile,
  files?: FileCache,
): Promise<Result<undefined, Failure>> {
  const { edit } = planned;
  const file = path.join(root, edit.file);
  let { text, former } = planned;
  const kept: string[] = [];
  for (let tries = 0; text !== former; tries += 1) {
    if (tries === MOST_TRIES) return err(restless(edit.file));
    const replaced = await replaceFile(file, text, former);
    if (!replaced.ok) return replaced;
    if (replaced.value.kind === 'replaced') {
      // What somebody else wrote in it is for the next reading to find.
      if (tries === 0) files?.wrote(file, readAgain(planned));
      break;
    }
    if (replaced.value.kind === 'displaced') kept.push(replaced.value.keptAs);
    const theirs = replaced.value.kind === 'displaced' ? replaced.value.keptAs : file;
    const merged = await whenSaved(() => planAt(theirs, edit));
    if (!merged.ok) return theirs === file ? merged : putBack(file, theirs, { ours: text, failure: merged.error });
    former = theirs === file ? merged.value.former : text;
    text = merged.value.text;
  }
  for (const name of kept) removeNow(name);
  return ok(undefined);
}

/** What reading a file would give that was written so. */
function readAgain({ edit: { file }, text, data }: PlannedFile): ReadRunbook | DetailFile | undefined {
  if (data === undefined) return undefined;
  const source = { file, text };
  return file === RUNBOOK_FILE
    ? { source: ok(source), raw: ok(data as RawRunbook) }
    : { kind: 'read', file, source, raw: data as RawDetail };
}

/** What somebody else wrote stands at its place again; should a third have written meanwhile, it stays beside the file. */
async function putBack(
  file: string,
  theirs: string,
  { ours, failure }: { ours: string; failure: Failure },
): Promise<Result<never, Failure>> {
  const read = readText(theirs);
  const replaced = read.ok ? await replaceFile(file, read.value, ours) : read;
  if (replaced.ok && replaced.value.kind === 'replaced') removeNow(theirs);
  return err(failure);
}

function restless(file: string): Failure {
  const message = `${file} is written again and again by somebody else`;
  return { code: 'changed-meanwhile', path: file, message };
}

/** The place of an entry in the data of runbook.yaml, undefined where there is no such task (any more). */
export function entryOf(data: unknown, taskId: string): { index: number; entry: Record<string, unknown> } | undefined {
  const tasks = (data as { tasks?: unknown } | null)?.tasks;
  if (!Array.isArray(tasks)) return undefined;
  const index = tasks.findIndex((task: { id?: unknown } | null) => task?.id === taskId);
  return index < 0 ? undefined : { index, entry: tasks[index] as Record<string, unknown> };
}

/**
 * The statuses of a runbook that could not be changed alone, because others share them by an anchor: to be said before anything is
 * run, not at the end of a task. Costs nothing where there is no anchor.
 */
async function sharedStatuses(source: SourceFile, raw: RawRunbook): Promise<Problem[]> {
  if (!/[&*][^\s&*]/.test(source.text)) return [];
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

// Reads a project's runbook and detail files, and saves edits into them. The only writer of those files. Knows nothing of why a
// value changes.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { fileInfo, readText, replaceFile } from '../system/files.ts';
import { confine, RUNBOOK_FILE } from '../system/paths.ts';
import { MAX_YAML_BYTES, parseDetail, parseRunbook, readYaml } from './parse.ts';
import type { YamlEdit } from './patch.ts';
import { placeProblems, type Problem, type SourceFile } from './problem.ts';
import { type DetailFile, resolveRunbook } from './resolve.ts';
import type { RawEntry } from './schema.ts';
import type { Runbook } from './task.ts';

/**
 * The runbook of a project with all its detail files. What blocks everything (an error in runbook.yaml or in the graph) is a
 * failure; what blocks one task is in `runbook.problems`.
 */
export async function loadRunbook(root: string): Promise<Result<Runbook, Failure>> {
  const source = readSource(root, RUNBOOK_FILE);
  if (!source.ok) return source.error.code === 'io' ? err(source.error) : failWith(source.error.problems);
  const raw = await parseRunbook(source.value);
  if (!raw.ok) return failWith(raw.error);
  const inside = confine(root);
  const details: DetailFile[] = [];
  for (const entry of raw.value.tasks) details.push(await readDetail(root, entry, inside));
  const { runbook, blocking } = resolveRunbook({ source: source.value, raw: raw.value, details });
  return blocking.length > 0 ? failWith([...blocking, ...runbook.problems]) : ok(runbook);
}

async function failWith(problems: readonly Problem[]): Promise<Result<never, Failure>> {
  return err({ code: 'problems', diagnostics: await placeProblems(problems) });
}

type Unreadable = Extract<Failure, { code: 'io' }> | { readonly code: 'problems'; readonly problems: readonly Problem[] };

function readSource(root: string, file: string): Result<SourceFile, Unreadable> {
  const absolute = path.join(root, file);
  const size = fileInfo(absolute)?.size ?? 0;
  if (size > MAX_YAML_BYTES) {
    const message = `${file} has ${Math.round(size / 1_048_576)} MB; the limit is ${MAX_YAML_BYTES / 1_048_576} MB`;
    const advice = 'move data out of the runbook into files of its own';
    const spot = { source: { file, text: '' }, path: [] };
    return err({ code: 'problems', problems: [{ severity: 'error', code: 'file-too-large', message, spot, advice }] });
  }
  const text = readText(absolute);
  return text.ok ? ok({ file, text: text.value }) : text;
}

async function readDetail(root: string, entry: RawEntry, inside: (relative: string) => string | undefined): Promise<DetailFile> {
  const file = entry.task_detail_file;
  if (file === undefined) return { kind: 'none' };
  if (inside(file) === undefined) return { kind: 'absent', file, reason: 'lies outside the project' };
  const source = readSource(root, file);
  if (!source.ok) {
    if (source.error.code === 'problems') return { kind: 'broken', file, source: { file, text: '' }, problems: source.error.problems };
    const reason = source.error.errno === 'ENOENT' ? 'does not exist' : `cannot be read (${source.error.errno})`;
    return { kind: 'absent', file, reason };
  }
  const raw = await parseDetail(source.value);
  if (!raw.ok) return { kind: 'broken', file, source: source.value, problems: raw.error };
  return { kind: 'read', file, source: source.value, raw: raw.value };
}

/** Edits of entries are named by task id: the position of an entry may have changed since the runbook was read. */
export type RunbookEdits = {
  readonly entries: readonly { readonly taskId: string; readonly edits: readonly YamlEdit[] }[];
  readonly details: readonly { readonly file: string; readonly edits: readonly YamlEdit[] }[];
};

/**
 * Saves edits into the files as they are now on disk, so that what a person changed since they were read stays. Detail files go
 * first and the runbook last: it is the one that decides. Touches only the edited bytes (runbook/patch.ts).
 */
export async function saveEdits(root: string, { entries, details }: RunbookEdits): Promise<Result<undefined, Failure>> {
  for (const { file, edits } of details) {
    const saved = await patchFile(root, file, () => ok(edits));
    if (!saved.ok) return saved;
  }
  if (entries.length === 0) return ok(undefined);
  return patchFile(root, RUNBOOK_FILE, (data) => entryEdits(data, entries));
}

function entryEdits(data: unknown, entries: RunbookEdits['entries']): Result<YamlEdit[], Failure> {
  const tasks = (data as { tasks?: unknown } | null)?.tasks;
  const ids = Array.isArray(tasks) ? tasks.map((task: { id?: unknown } | null) => task?.id) : [];
  const found: YamlEdit[] = [];
  for (const { taskId, edits } of entries) {
    const index = ids.indexOf(taskId);
    if (index < 0) {
      const message = `the task "${taskId}" is no longer there`;
      return err({ code: 'changed-meanwhile', path: RUNBOOK_FILE, message });
    }
    found.push(...edits.map((edit) => ({ ...edit, path: ['tasks', index, ...edit.path] })));
  }
  return ok(found);
}

async function patchFile(
  root: string,
  file: string,
  editsFor: (data: unknown) => Result<readonly YamlEdit[], Failure>,
): Promise<Result<undefined, Failure>> {
  const absolute = path.join(root, file);
  const text = readText(absolute);
  if (!text.ok) return text;
  const data = await readYaml({ file, text: text.value });
  if (!data.ok) return failWith(data.error);
  const edits = editsFor(data.value);
  if (!edits.ok) return edits;
  const { patchYaml } = await import('./patch.ts');
  const patched = patchYaml(text.value, edits.value);
  if (!patched.ok) return failWith([refusal({ file, text: text.value }, patched.error)]);
  return patched.value === text.value ? ok(undefined) : replaceFile(absolute, patched.value);
}

type Refusal = Extract<ReturnType<typeof import('./patch.ts').patchYaml>, { ok: false }>['error'];

function refusal(source: SourceFile, error: Refusal): Problem {
  const message = error.kind === 'refused' ? `this value cannot be changed alone: ${error.reason}` : error.message;
  const spot = { source, path: error.kind === 'refused' ? error.path : [], ...(error.span ? { span: error.span } : {}) };
  const advice = 'write the value out in this place, without an anchor or alias';
  return { severity: 'error', code: 'cannot-edit', message, spot, advice };
}

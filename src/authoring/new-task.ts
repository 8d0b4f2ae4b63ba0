// Adds a task to a project: its entry, its detail file and, where it is missing, its template. All of it or nothing.

import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean } from '../base/text.ts';
import { parseDetail, parseRunbook, readYaml } from '../runbook/parse.ts';
import type { PlainValue } from '../runbook/patch.ts';
import { type Problem, placeProblems, type SourceFile } from '../runbook/problem.ts';
import { type DetailFile, isForbiddenArtifact, resolveRunbook } from '../runbook/resolve.ts';
import { idShape, type RawEntry, type RawRunbook } from '../runbook/schema.ts';
import { type FileEdit, entryOf as findEntry, writePlanned } from '../runbook/store.ts';
import { createFile, exists, listFolder, readText, removeFile } from '../system/files.ts';
import { insideRoot, RUNBOOK_FILE } from '../system/paths.ts';
import { loadTemplate, type PromptTemplate } from '../templates/template.ts';
import { detailText, STARTER_TEMPLATE } from './detail-text.ts';
import { layOut } from './entry-layout.ts';
import { checkWish, type TaskWish } from './task-wish.ts';
import { inTurn } from './turn.ts';

export type AddedTask = {
  /** Relative paths of the files that were made. */
  readonly created: readonly string[];
  /** True where a model is still to be named before the task can run. */
  readonly lacksModel: boolean;
};

type File = { readonly file: string; readonly text: string };
type Plan = {
  readonly before: string;
  readonly entry: Entry;
  readonly runbook: string;
  readonly create: readonly File[];
  readonly lacksModel: boolean;
};

/** `builtIn`: variables that every template may use. A wish that cannot be carried out changes nothing. */
export async function addTask(
  root: string,
  wish: TaskWish,
  builtIn: readonly string[],
): Promise<Result<AddedTask, Failure>> {
  return inTurn(root, async () => {
    const planned = await plan(root, wish, builtIn);
    return planned.ok ? carryOut(root, planned.value) : planned;
  });
}

async function plan(root: string, wish: TaskWish, builtIn: readonly string[]): Promise<Result<Plan, Failure>> {
  const wrong = checkWish(wish, (id) => idShape.safeParse(id).success);
  if (wrong) return err(wrong);
  const runbook = await readRunbook(root);
  if (!runbook.ok) return runbook;
  const { before, source, raw, details } = runbook.value;
  const clash = checkAgainst(raw, wish);
  if (clash) return err(clash);
  const file = `tasks/${wish.id}.yaml`;
  if (insideRoot(root, file) === undefined)
    return usage(`${file} would lie outside the project`, '"tasks" is a link; make it a folder of the project');
  if ((await listFolder(path.join(root, 'tasks'))).includes(`${wish.id}.yaml`))
    return usage(`${file} exists already`, `use another id, or add an entry with "task_detail_file: ${file}" by hand`);
  const template = await planTemplate(root, wish.template);
  if (!template.ok) return template;
  const text = detailText({
    ...wish,
    name: wish.name ?? wish.id,
    variables: variablesOf(template.value.existing, builtIn),
    schemaLine: source.text.startsWith('# yaml-language-server:'),
  });
  const entry = entryOf(wish, file);
  const patched = await withEntry(source, entry);
  if (!patched.ok) return patched;
  const fits = await checkResult({ source: patched.value, details, detail: { file, text }, id: wish.id });
  if (!fits.ok) return fits;
  const create = [{ file, text }, ...(template.value.starter ? [template.value.starter] : [])];
  return ok({
    before,
    entry,
    runbook: patched.value.text,
    create,
    lacksModel: lacksModel(wish, raw, template.value.existing),
  });
}

/** `before`: what the file holds; `source` has a list of tasks in any case. */
type ReadRunbook = {
  readonly before: string;
  readonly source: SourceFile;
  readonly raw: RawRunbook;
  readonly details: readonly DetailFile[];
};

/** The runbook as it is, with no task at all where it is empty. What blocks it is a failure. */
async function readRunbook(root: string): Promise<Result<ReadRunbook, Failure>> {
  const text = readText(path.join(root, RUNBOOK_FILE));
  if (!text.ok) return text;
  const source = { file: RUNBOOK_FILE, text: text.value };
  const data = await readYaml(source);
  if (!data.ok) return problems(data.error);
  if (data.value === null || data.value === undefined)
    return ok({
      before: text.value,
      source: { ...source, text: withList(text.value) },
      raw: { tasks: [] },
      details: [],
    });
  if (isWithoutTasks(data.value))
    return ok({ before: text.value, source, raw: { ...data.value, tasks: [] }, details: [] });
  const raw = await parseRunbook(source);
  if (!raw.ok) return problems(raw.error);
  const details = await Promise.all(raw.value.tasks.map((entry) => readDetail(root, entry)));
  const blocking = resolveRunbook({ source, raw: raw.value, details }).blocking.filter(
    ({ code }) => code !== 'empty-runbook',
  );
  return blocking.length > 0 ? problems(blocking) : ok({ before: text.value, source, raw: raw.value, details });
}

/** `tasks:` with nothing behind it, or no such key: one can be added. What else is wrong shows when the result is checked. */
function isWithoutTasks(data: unknown): data is Omit<RawRunbook, 'tasks'> {
  return (
    typeof data === 'object' &&
    data !== null &&
    !Array.isArray(data) &&
    ((data as { tasks?: unknown }).tasks ?? null) === null
  );
}

function withList(text: string): string {
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}tasks: []\n`;
}

/** Only what the checks across tasks need; a detail file with errors has no say. */
async function readDetail(root: string, entry: RawEntry): Promise<DetailFile> {
  const file = entry.task_detail_file;
  if (file === undefined || insideRoot(root, file) === undefined) return { kind: 'none' };
  const text = readText(path.join(root, file));
  if (!text.ok) return { kind: 'none' };
  const source = { file, text: text.value };
  const raw = await parseDetail(source);
  return raw.ok ? { kind: 'read', file, source, raw: raw.value } : { kind: 'none' };
}

/** Ids as file and variable names see them (design.md §2). */
function folded(id: string): string {
  return id.toLowerCase().replace(/[^a-z0-9]/g, '_');
}

function checkAgainst({ tasks }: RawRunbook, { id, dependsOn = [] }: TaskWish): Failure | undefined {
  const same = tasks.find((task) => folded(task.id) === folded(id));
  if (same) {
    const message =
      same.id === id
        ? `there is a task "${id}" already`
        : `the id "${id}" differs from "${same.id}" only in case or punctuation`;
    return { code: 'usage', message, advice: 'choose another id' };
  }
  const ids = tasks.map((task) => task.id);
  const unknown = dependsOn.find((other) => !ids.includes(other));
  if (unknown === undefined) return undefined;
  if (unknown === id) return { code: 'usage', message: `"${id}" cannot rest on itself` };
  return {
    code: 'usage',
    message: `there is no task "${unknown}" to depend on`,
    advice: didYouMean(unknown, ids) ?? '"orchestrate status --all" lists the tasks',
  };
}

type TemplatePlan = { readonly existing?: PromptTemplate; readonly starter?: File };

/** A template with errors is kept: what is wrong with it is told when the task is checked. */
async function planTemplate(root: string, file: string | undefined): Promise<Result<TemplatePlan, Failure>> {
  if (file === undefined) return ok({});
  const absolute = insideRoot(root, file);
  if (absolute === undefined)
    return usage(`the template lies outside the project: ${file}`, 'give a path relative to the project folder');
  if (!exists(absolute)) {
    if (isForbiddenArtifact(file)) return usage(`${file} is no place for a template`, 'put it into prompt_templates/');
    return ok({ starter: { file: path.posix.normalize(file), text: STARTER_TEMPLATE } });
  }
  const loaded = await loadTemplate(root, file);
  return ok(loaded.ok ? { existing: loaded.value } : {});
}

function variablesOf(template: PromptTemplate | undefined, builtIn: readonly string[]): string[] {
  if (template === undefined) return [];
  const used = Object.keys(template.engine.analyzeSync([...template.parsed]).globals);
  return [...new Set([...Object.keys(template.front.variables ?? {}), ...used])].filter(
    (name) => !builtIn.includes(name),
  );
}

function lacksModel({ type }: TaskWish, raw: RawRunbook, template: PromptTemplate | undefined): boolean {
  return (
    type === 'AI_ASSISTED' && (raw.ai?.model ?? raw.defaults?.ai_details?.model ?? template?.front.model) === undefined
  );
}

type Entry = { readonly id: string; readonly [key: string]: PlainValue };

function entryOf({ id, name = id, phase, type, dependsOn = [] }: TaskWish, file: string): Entry {
  return {
    id,
    name,
    ...(phase === undefined ? {} : { phase }),
    status: 'PENDING',
    type,
    ...(dependsOn.length === 0 ? {} : { depends_on: [...new Set(dependsOn)] }),
    task_detail_file: file,
  };
}

/** Somebody else may have added the same meanwhile. */
function appended(entry: Entry): FileEdit {
  return {
    file: RUNBOOK_FILE,
    edits(data) {
      const found = findEntry(data, entry.id)?.entry;
      if (found === undefined) return ok([{ kind: 'append', path: ['tasks'], value: entry }]);
      // Our own, taken over by somebody who wrote right after us: the detail file that it names is ours alone.
      if (found['task_detail_file'] === entry['task_detail_file']) return ok([]);
      return err({ code: 'usage', message: `there is a task "${entry.id}" already`, advice: 'choose another id' });
    },
  };
}

async function withEntry(source: SourceFile, entry: Entry): Promise<Result<SourceFile, Failure>> {
  const { patchYaml } = await import('../runbook/patch.ts');
  const patched = patchYaml(source.text, [{ kind: 'append', path: ['tasks'], value: entry }]);
  if (patched.ok) return ok({ ...source, text: await prettier(source, patched.value) });
  const { error } = patched;
  const message = `no entry can be added: ${error.kind === 'refused' ? error.reason : error.message}`;
  const spot = { source, path: ['tasks'], ...(error.span ? { span: error.span } : {}) };
  return problems([{ severity: 'error', code: 'cannot-edit', message, spot, advice: 'write the entry by hand' }]);
}

/** Laid out as the entries before it, where that says the same. */
async function prettier(source: SourceFile, patched: string): Promise<string> {
  const text = layOut(source.text, patched);
  const [plain, laidOut] = [await readYaml({ ...source, text: patched }), await readYaml({ ...source, text })];
  return plain.ok && laidOut.ok && isDeepStrictEqual(plain.value, laidOut.value) ? text : patched;
}

type Changed = {
  readonly source: SourceFile;
  readonly details: readonly DetailFile[];
  readonly detail: File;
  readonly id: string;
};

/** The files as they would be: they must parse, and the new task must be sound. */
async function checkResult({ source, details, detail, id }: Changed): Promise<Result<undefined, Failure>> {
  const raw = await parseRunbook(source);
  if (!raw.ok) return problems(raw.error);
  const own = { file: detail.file, text: detail.text };
  const rawDetail = await parseDetail(own);
  if (!rawDetail.ok) return problems(rawDetail.error);
  const resolved = resolveRunbook({
    source,
    raw: raw.value,
    details: [...details, { kind: 'read', ...own, source: own, raw: rawDetail.value }],
  });
  if (resolved.blocking.length > 0) return problems(resolved.blocking);
  const wrong = resolved.runbook.problems.find((problem) => problem.taskId === id && problem.severity === 'error');
  return wrong === undefined ? ok(undefined) : usage(wrong.message, wrong.advice);
}

/** The runbook comes last: without its entry the other files do nothing. What was made is taken away again when a later step fails. */
async function carryOut(
  root: string,
  { before, runbook, entry, create, lacksModel }: Plan,
): Promise<Result<AddedTask, Failure>> {
  const created: string[] = [];
  const takeBack = async (failure: Failure) => {
    for (const file of created) await removeFile(path.join(root, file));
    return err(failure);
  };
  for (const { file, text } of create) {
    const made = await createFile(path.join(root, file), text);
    if (!made.ok) return takeBack(made.error);
    created.push(file);
  }
  // Without the project's lock, so that a task can be added while others run: what somebody else writes meanwhile is merged.
  const written = await writePlanned(root, { edit: appended(entry), text: runbook, former: before });
  return written.ok ? ok({ created, lacksModel }) : takeBack(written.error);
}

function usage(message: string, advice?: string): Result<never, Failure> {
  return err({ code: 'usage', message, ...(advice === undefined ? {} : { advice }) });
}

async function problems(found: readonly Problem[]): Promise<Result<never, Failure>> {
  return err({ code: 'problems', diagnostics: await placeProblems(found) });
}

// A project with one AI task, `draft`, and what became of it: the detail file, the calls in the history. Knows the files' formats, no command.
import { existsSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { parse, stringify } from 'yaml';
import type { Variables } from './environment.ts';
import type { ModelServer } from './model-server.ts';
import { createProject, type Project } from './project.ts';
import type { Terminal } from './terminal.ts';

type Mapping = Readonly<Record<string, unknown>>;

export type AiProjectOptions = {
  /** `ai` of the runbook; the model is `test-model` unless told. */
  readonly ai?: Mapping;
  /** Further top-level keys of the runbook. */
  readonly runbook?: Mapping;
  /** Further keys of the detail file of `draft`. */
  readonly detail?: Mapping;
  /** Its `ai_details`, on top of the template. */
  readonly details?: Mapping;
  /** Further entries, before (`draft` then depends on them) and after it. */
  readonly before?: readonly Mapping[];
  readonly after?: readonly Mapping[];
  readonly files?: Readonly<Record<string, string>>;
};

export const FALLBACK = 'prompt_templates/again.md';

/** `prompt_templates/draft.md` asks, `prompt_templates/again.md` asks again with what was wrong (named by `withFallback`). */
export function createAiProject(options: AiProjectOptions = {}): Promise<Project> {
  const { ai = {}, runbook = {}, detail = {}, details = {}, before = [], after = [], files = {} } = options;
  const draft = {
    id: 'draft',
    name: 'Draft the text',
    type: 'AI_ASSISTED',
    task_detail_file: 'tasks/draft.yaml',
    ...(before.length === 0 ? {} : { depends_on: before.map((entry) => entry.id) }),
  };
  return createProject({
    'runbook.yaml': stringify({ ai: { model: 'test-model', ...ai }, ...runbook, tasks: [...before, draft, ...after] }),
    'tasks/draft.yaml': stringify({
      id: 'draft',
      type: 'AI_ASSISTED',
      ...detail,
      ai_details: { prompt_template: 'prompt_templates/draft.md', ...details },
    }),
    'prompt_templates/draft.md': 'Write for {{ task.name }}.\n',
    [FALLBACK]: 'Once more. Before:\n{{ previous_output }}\nWrong with it: {{ failure }}\n',
    ...files,
  });
}

/** Without the shape that every secret of a test should have, a leak could not be told from chance. */
export const KEY = 'sk-test-5f1d0c9e7a';

export function serverVariables(server: ModelServer): Variables {
  return { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: KEY };
}

type DetailFile = {
  readonly status?: string;
  readonly last_run?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly Readonly<Record<string, unknown>>[];
};

export async function detailOf(project: Project, id = 'draft'): Promise<DetailFile> {
  return parse(await project.read(`tasks/${id}.yaml`)) as DetailFile;
}

export async function statusOf(project: Project, id = 'draft'): Promise<string | undefined> {
  const { tasks } = parse(await project.read('runbook.yaml')) as { tasks: { id: string; status?: string }[] };
  return tasks.find((task) => task.id === id)?.status;
}

export type Call = Readonly<Record<string, unknown>> & {
  readonly status: string;
  readonly output: string | null;
  readonly review: string | null;
};

/** The rows of `quickies`, oldest first; `output` is the text of the answer. Can be called while the program writes. */
export function callsOf(project: Project): Call[] {
  const rows = query(project, 'SELECT * FROM quickies ORDER BY rowid') as Call[];
  return rows.map((row) => ({
    ...row,
    output: row.output === null ? null : (JSON.parse(row.output) as { text: string }).text,
  }));
}

export function promptSources(project: Project): { prompt_hash: string; source: string }[] {
  return query(project, 'SELECT prompt_hash, source FROM prompt_sources') as { prompt_hash: string; source: string }[];
}

function query(project: Project, sql: string): unknown[] {
  const file = path.join(project.dir, '.orchestrate/history.db');
  if (!existsSync(file)) return [];
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}

/** Types a whole line at a question and waits until it was taken. */
export async function answer(terminal: Terminal, question: string, text: string): Promise<void> {
  await terminal.waitFor(`? ${question}`);
  terminal.type(`${text}\r`);
  await terminal.waitFor(`✔ ${question}`);
}

/** The text, wherever its lines are broken. */
export function words(text: string): RegExp {
  const parts = text.split(' ').map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(parts.join(String.raw`\s+`));
}

/** How often a text stands in another. */
export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

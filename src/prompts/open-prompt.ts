// A prompt by its name or path: the project's own first, then the user's. Knows neither the values it is filled with nor any model.

import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean, oneLine } from '../base/text.ts';
import type { Problem } from '../runbook/problem.ts';
import { fileInfo, listFolder, readText } from '../system/files.ts';
import { confine, currentFolder, insideRoot, realInside } from '../system/paths.ts';
import { type FrontMatter, frontSpot } from '../templates/front-matter.ts';
import { TEMPLATE_FOLDER } from '../templates/liquid-problems.ts';
import {
  loadTemplate,
  type PromptTemplate,
  parseTemplate,
  renderTemplate,
  systemTemplate,
  usedVariables,
} from '../templates/template.ts';

/** A message of text alone. */
export type Turn = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };

/** Where prompts and variables are looked for: a part of what src/home.ts opens. */
export type PromptHome = {
  readonly kind: 'project' | 'user';
  readonly root: string;
  /** The user's own configuration folder; the same as `root` outside of a project. */
  readonly userRoot: string;
};

/** Enough to find the file again; a conversation keeps it. */
export type PromptPlace = { readonly from: 'project' | 'user'; readonly file: string };

export type Prompt = PromptPlace & {
  readonly template: PromptTemplate;
  readonly front: FrontMatter;
  readonly system: PromptTemplate | undefined;
  /** MD5 of the template with its partials, before substitution (S000). */
  readonly hash: string;
  /** All variables that the template, its partials and its `system` use. */
  readonly uses: readonly string[];
  /** `system` where there is one, then the filled template. The values are those of `resolveValues`. */
  readonly messagesOf: (values: Readonly<Record<string, unknown>>) => Result<Turn[], Problem[]>;
};

const EXTENSIONS = ['.md', '.txt', '.liquid'];

/** Read anew each time: people edit prompts while they use them. */
export async function openPrompt(home: PromptHome, name: string): Promise<Result<Prompt, Problem[]>> {
  const place = await findPrompt(home, name);
  return place.ok ? loadPrompt(home, place.value) : place;
}

export async function loadPrompt(home: PromptHome, place: PromptPlace): Promise<Result<Prompt, Problem[]>> {
  const root = rootOf(home, place.from);
  const key = JSON.stringify([root, place]);
  const known = read.get(key);
  if (known !== undefined && isUnchanged(root, known)) return ok(known);
  const template = await loadTemplate(root, place.file);
  if (!template.ok) return template;
  const system = systemOf(template.value);
  if (!system.ok) return system;
  const prompt = promptOf(place, template.value, system.value);
  remember(key, prompt);
  return ok(prompt);
}

/** What was read before, for a conversation that sends again and again: the file is read each time, and parsed where it says something else. */
const read = new Map<string, Prompt>();
const MOST_READ = 20;

/** One with partials is always read anew: they may have changed too. */
function isUnchanged(root: string, { file, template, system }: Prompt): boolean {
  if (template.partials.size + (system?.partials.size ?? 0) > 0 || confine(root)(file) === undefined) return false;
  const text = readText(path.join(root, file));
  return text.ok && text.value === template.source.text;
}

function remember(key: string, prompt: Prompt): void {
  read.delete(key);
  read.set(key, prompt);
  for (const oldest of read.keys()) if (read.size > MOST_READ) read.delete(oldest);
}

/** A text that is, or may become, the prompt of that name. */
export async function readPrompt(
  home: PromptHome,
  { from, file, text }: PromptPlace & { readonly text: string },
): Promise<Result<Prompt, Problem[]>> {
  const template = await parseTemplate(rootOf(home, from), { file, text });
  if (!template.ok) return template;
  const system = systemOf(template.value);
  return system.ok ? ok(promptOf({ from, file }, template.value, system.value)) : system;
}

function promptOf(place: PromptPlace, template: PromptTemplate, system: PromptTemplate | undefined): Prompt {
  const { front, hash } = template;
  const uses = [...new Set([...usedVariables(template), ...(system ? usedVariables(system) : [])])];
  const messagesOf: Prompt['messagesOf'] = (values) => {
    const body = renderTemplate(template, values);
    const head = system ? renderTemplate(system, values) : undefined;
    const problems = [...(body.ok ? [] : body.error), ...(head?.ok === false ? inSystem(template, head.error) : [])];
    if (!body.ok || head?.ok === false) return err(problems);
    return ok([
      ...(head ? [{ role: 'system' as const, content: head.value }] : []),
      { role: 'user' as const, content: body.value },
    ]);
  };
  return { ...place, template, front, system, hash, uses, messagesOf };
}

function systemOf(template: PromptTemplate): Result<PromptTemplate | undefined, Problem[]> {
  const system = systemTemplate(template);
  return system.ok ? system : err(inSystem(template, system.error));
}

/** The text of `system` has places of its own, which mean nothing in the file. Those inside a partial stay. */
export function inSystem(template: PromptTemplate, problems: readonly Problem[]): Problem[] {
  const spot = frontSpot(template.source, ['system']);
  return problems.map((problem) =>
    problem.spot?.source.file === template.source.file
      ? { ...problem, message: `system: ${problem.message}`, spot }
      : problem,
  );
}

export function rootOf({ root, userRoot }: PromptHome, from: PromptPlace['from']): string {
  return from === 'project' ? root : userRoot;
}

/** `review`, `team/review`, `review.md`, `prompt_templates/review.md`, or a path as the shell completes it. */
async function findPrompt(home: PromptHome, name: string): Promise<Result<PromptPlace, Problem[]>> {
  const places = home.kind === 'project' ? (['project', 'user'] as const) : (['user'] as const);
  for (const from of places) {
    const found = findIn(rootOf(home, from), name);
    if (found.length === 1 && found[0] !== undefined) return ok({ from, file: found[0] });
    if (found.length > 1) return err([ambiguous(name, found)]);
  }
  return err([await unknownPrompt(home, name)]);
}

function findIn(root: string, name: string): string[] {
  if (fileInfo(root)?.isDirectory !== true) return [];
  const isFile = (file: string) => insideRoot(root, file) !== undefined && fileInfo(path.join(root, file))?.isFile;
  const named = path.posix.join(TEMPLATE_FOLDER, name);
  // Nothing is joined that leads out of the folder and in again: what a name stands for must not depend on where the folder lies.
  const inFolder = named.startsWith(`${TEMPLATE_FOLDER}/`) ? [named, ...EXTENSIONS.map((end) => named + end)] : [];
  const found = inFolder.filter(isFile);
  if (found.length > 0) return found[0] === named ? [named] : found;
  return [name, fromHere(root, name)].flatMap((file) => (file !== undefined && isFile(file) ? [file] : [])).slice(0, 1);
}

/** A path relative to where the command is given, or an absolute one, as it lies below the root. */
function fromHere(root: string, name: string): string | undefined {
  const here = currentFolder();
  if (here === undefined || name === '' || name.includes('\0')) return undefined;
  return realInside(root, path.relative(root, path.resolve(here, name)));
}

function ambiguous(name: string, files: readonly string[]): Problem {
  const message = `several prompts are called "${oneLine(name)}": ${files.join(', ')}`;
  return { severity: 'error', code: 'ambiguous-prompt', message, advice: 'write the name with its extension' };
}

async function unknownPrompt(home: PromptHome, name: string): Promise<Problem> {
  const roots = [...new Set([home.root, home.userRoot])];
  const entries = (await Promise.all(roots.map((root) => listFolder(path.join(root, TEMPLATE_FOLDER))))).flat();
  const names = entries.filter((file) => path.extname(file) !== '');
  const known = names.flatMap((file) => [file, path.basename(file, path.extname(file))]);
  const folders = roots.map((root) => `${root}/${TEMPLATE_FOLDER}/`).join(' or ');
  return {
    severity: 'error',
    code: 'unknown-prompt',
    message: `there is no prompt "${oneLine(name)}" in ${folders}`,
    advice: didYouMean(name, known) ?? 'write it there as a text file, NAME.md',
  };
}

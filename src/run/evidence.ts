// The checks of `expects` (design.md §6): what must hold before a task is DONE. Does not know what happens when one fails.

import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Check } from '../runbook/schema.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { fileInfo, readBytes, readText } from '../system/files.ts';
import { insideRoot } from '../system/paths.ts';
import { type CommandSession, runCommandCheck, scriptEnvironment } from './command.ts';
import { isStatic, labelOf, type StaticCheck, toPattern } from './expects.ts';
import type { Session } from './session.ts';

/** `sha256` of the file that was looked at; kept with the completed task. */
export type CheckResult = {
  readonly label: string;
  readonly ok: boolean;
  readonly detail?: string;
  readonly sha256?: string;
  /** Of a command that ended by itself. */
  readonly exit_code?: number;
};

/** Text that will become `file` if it is accepted: checked in its place. */
export type Candidate = { readonly file: string; readonly content: string };

/** All static checks; with a candidate, its content stands for its file. */
export async function checkStatic(
  root: string,
  checks: readonly Check[],
  candidate?: Candidate,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks.filter(isStatic)) results.push(await checkFile(root, check, candidate));
  return results;
}

async function checkFile(root: string, check: StaticCheck, candidate?: Candidate): Promise<CheckResult> {
  const label = labelOf(check);
  const content = contentOf(root, check, candidate);
  if (typeof content === 'string') return { label, ok: false, detail: content };
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (content.length === 0) return { label, ok: false, detail: `${check.file} is empty` };
  const problem = await problemOf(root, check, content.toString('utf8'));
  return problem === undefined ? { label, ok: true, sha256 } : { label, ok: false, detail: problem, sha256 };
}

/** The bytes, or why there are none. A folder counts as content where the check merely asks that it exists. */
function contentOf(root: string, check: StaticCheck, candidate?: Candidate): Buffer | string {
  const { file } = check;
  if (candidate && path.normalize(candidate.file) === path.normalize(file))
    return Buffer.from(candidate.content, 'utf8');
  const absolute = insideRoot(root, file);
  if (absolute === undefined) return `${file} lies outside the project`;
  const info = fileInfo(absolute);
  if (info === undefined) return `${file} does not exist`;
  const mustExist = check.matches === undefined && check.schema === undefined && check.json === undefined;
  if (!info.isFile) return info.isDirectory && mustExist ? Buffer.from(file) : `${file} is not a regular file`;
  const bytes = readBytes(absolute);
  return bytes.ok ? bytes.value : `${file} cannot be read (${bytes.error.errno})`;
}

async function problemOf(root: string, check: StaticCheck, text: string): Promise<string | undefined> {
  if (check.matches !== undefined) {
    const pattern = toPattern(check.matches);
    if (pattern === undefined) return `/${check.matches}/ is not a regular expression`;
    if (!pattern.test(text)) return `${check.file} does not match /${check.matches}/`;
  }
  if (check.json === undefined && check.schema === undefined) return undefined;
  const data = parseJson(text);
  if (data === undefined) return `${check.file} is not valid JSON`;
  if (check.schema === undefined) return undefined;
  const schema = readText(insideRoot(root, check.schema) ?? '');
  if (!schema.ok) return `the schema ${check.schema} cannot be read`;
  const definition = parseJson(schema.value);
  if (definition === undefined) return `the schema ${check.schema} is not valid JSON`;
  const { schemaProblems } = await import('../base/json-schema.ts');
  const problems = schemaProblems(definition.value, data.value);
  return problems.length === 0 ? undefined : `${check.file}: ${problems.join('; ')}`;
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** The command checks, one after the other, stopping at the first that fails. */
export async function checkCommands(session: CommandSession, runbook: Runbook, task: Task): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of task.expects) {
    if (isStatic(check)) continue;
    const end = await runCommandCheck(session, check.command, scriptEnvironment(session, runbook, task));
    results.push({ label: labelOf(check), ...end });
    if (!end.ok) break;
  }
  return results;
}

/** Static and command checks together, told as they come. */
export async function checkAll(session: Session, runbook: Runbook, task: Task): Promise<CheckResult[]> {
  const results = await checkStatic(session.root, task.expects);
  if (results.every((result) => result.ok)) results.push(...(await checkCommands(session, runbook, task)));
  for (const result of results) {
    session.report({
      kind: 'check',
      label: result.label,
      ok: result.ok,
      ...(result.detail ? { detail: result.detail } : {}),
    });
  }
  return results;
}

/** The failures in one sentence; undefined when everything holds. */
export function failuresOf(results: readonly CheckResult[]): string | undefined {
  const failed = results.filter((result) => !result.ok);
  return failed.length === 0 ? undefined : failed.map((result) => result.detail ?? result.label).join('; ');
}

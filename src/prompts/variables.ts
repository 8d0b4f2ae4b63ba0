// The values of a prompt's variables by scope, nearest first, each with where it comes from. Reads the files of the scopes anew each
// time. Fills no template.

import path from 'node:path';
import { errnoText } from '../base/errno.ts';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean, oneLine, shorten } from '../base/text.ts';
import { MAX_YAML_BYTES, readYaml } from '../runbook/parse.ts';
import type { Problem } from '../runbook/problem.ts';
import { fileInfo, readText } from '../system/files.ts';
import { applyDeclarations, type FrontMatter } from '../templates/front-matter.ts';
import { undefinedVariables } from '../templates/template.ts';
import { inSystem, type Prompt, type PromptHome } from './open-prompt.ts';

/** From the nearest to the farthest; `default` is what the prompt itself declares. */
export const SCOPES = ['call', 'run', 'task', 'project', 'organisation', 'user'] as const;
export type Scope = (typeof SCOPES)[number];

export type ScopeValues = {
  readonly scope: Scope;
  /** For a person: `--var`, `config/variables.yaml`, … */
  readonly place: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** They were typed on a command line: text, to be read as the declared type. */
  readonly typed?: boolean;
};

export type Origin = { readonly scope: Scope | 'default' | 'text'; readonly place: string };

export type Resolved = {
  /** Of every variable that the prompt declares or uses, and of no other. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly origins: Readonly<Record<string, Origin>>;
};

const PLACE = 'with --var NAME=VALUE, or in a variables.yaml';
const VARIABLES_FILE = 'config/variables.yaml';
const USER_FILE = 'variables.yaml';

/** The variable that holds the text of a send, for prompts that use it. */
export const TEXT_VARIABLE = 'input';

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Why it can be no variable's name; undefined where it can. Names that every object has already are refused. */
export function badName(name: string): string | undefined {
  if (NAME.test(name) && !(name in Object.prototype) && name !== 'prototype') return undefined;
  return `"${shorten(oneLine(name), 60)}" can be no name of a variable`;
}

export type Pairs = {
  readonly values: Readonly<Record<string, string>>;
  /** Of those that are no pairs; the others are in `values` all the same. */
  readonly problems: readonly Problem[];
};

/** `name=value` pairs as a command line gives them; the last of a name counts. */
export function readPairs(pairs: readonly string[], option = '--var'): Pairs {
  const problems: Problem[] = [];
  const values: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    const bad = badName(name);
    if (bad !== undefined || at < 0) {
      const message = bad ?? `"${name}" has no value`;
      problems.push(
        problem('bad-pair', `${option}: ${message}`, 'write it as NAME=VALUE: letters, digits, _ and - in the name'),
      );
    } else values[name] = pair.slice(at + 1);
  }
  return { values, problems };
}

export type VariablePlaces = PromptHome & { readonly organisationVariables: string | undefined };

/** Project, organisation and user, as their files are at this moment. A file that is not there has no values. */
export async function readScopeFiles(home: VariablePlaces): Promise<Result<ScopeValues[], Problem[]>> {
  const { root, userRoot, kind, organisationVariables: shared } = home;
  const files: { scope: Scope; file: string; place: string; mustExist?: boolean }[] = [
    ...(kind === 'project'
      ? [{ scope: 'project' as const, file: path.join(root, VARIABLES_FILE), place: VARIABLES_FILE }]
      : []),
    ...(shared === undefined ? [] : [{ scope: 'organisation' as const, file: shared, place: shared, mustExist: true }]),
    { scope: 'user', file: path.join(userRoot, USER_FILE), place: path.join(userRoot, USER_FILE) },
  ];
  const read = await Promise.all(files.map((each) => readScope(each)));
  const problems = read.flatMap((each) => (each.ok ? [] : each.error));
  return problems.length > 0 ? err(problems) : ok(read.flatMap((each) => (each.ok && each.value ? [each.value] : [])));
}

type ScopeFile = { readonly scope: Scope; readonly file: string; readonly place: string; readonly mustExist?: boolean };

async function readScope({
  scope,
  file,
  place,
  mustExist,
}: ScopeFile): Promise<Result<ScopeValues | undefined, Problem[]>> {
  if ((fileInfo(file)?.size ?? 0) > MAX_YAML_BYTES)
    return err([problem('too-large', `${place} is larger than 16 MB`, 'make it smaller')]);
  const text = readText(file);
  if (!text.ok) {
    if (['ENOENT', 'ENOTDIR'].includes(text.error.errno) && !mustExist) return ok(undefined);
    const advice = mustExist ? 'create it, or correct organisation_variables in your config.yaml' : 'make it readable';
    return err([problem('unreadable', `${place} ${errnoText(text.error.errno)}`, advice)]);
  }
  const source = { file: place, text: text.value };
  const data = await readYaml(source);
  if (!data.ok) return data;
  if (data.value === null || data.value === undefined) return ok({ scope, place, values: {} });
  if (typeof data.value === 'object' && !Array.isArray(data.value))
    return ok({ scope, place, values: data.value as Record<string, unknown> });
  const message = 'this must be a mapping of names to values';
  return err([{ ...problem('bad-variables', message, 'write one "name: value" a line'), spot: { source, path: [] } }]);
}

/**
 * The value of each variable from the nearest scope that has one, as the declared type, with defaults filled in; or everything that
 * is wrong, at once. `text` is what a send says, for prompts that use `input`.
 */
export function resolveValues(
  prompt: Prompt,
  scopes: readonly ScopeValues[],
  text?: string,
): Result<Resolved, Problem[]> {
  const problems: Problem[] = [];
  const given: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const name of namesOf(prompt)) {
    const found = nearest(scopes, name);
    if (found === undefined) continue;
    const read = found.typed ? readTyped(prompt.front, name, found.values[name] as string) : ok(found.values[name]);
    if (read.ok) given[name] = read.value;
    else problems.push(problem('bad-variable', `${found.place}: ${read.error}`, 'correct the value'));
    origins[name] = { scope: found.scope, place: found.place };
  }
  if (text !== undefined && takesText(prompt) && !Object.hasOwn(origins, TEXT_VARIABLE)) {
    given[TEXT_VARIABLE] = text;
    origins[TEXT_VARIABLE] = { scope: 'text', place: 'the text of the message' };
  }
  const declared = declaredValues(prompt, given, problems.length > 0 ? origins : {});
  if (!declared.ok) problems.push(...declared.error.map((each) => withOrigin(each, origins)));
  problems.push(...unknownVariables(prompt, Object.keys(origins)));
  if (problems.length > 0 || !declared.ok) return err(problems);
  for (const name of Object.keys(declared.value)) origins[name] ??= { scope: 'default', place: prompt.file };
  return ok({ values: declared.value, origins });
}

/** Whether the text of a message has a place in the prompt; elsewhere it follows behind it. */
export function takesText(prompt: Prompt): boolean {
  return namesOf(prompt).includes(TEXT_VARIABLE);
}

/** All variables that the prompt declares or uses, declared ones first. Names that no variable can have are left out. */
export function namesOf({ front, uses }: Prompt): string[] {
  return [...new Set([...Object.keys(front.variables ?? {}), ...uses])].filter((name) => badName(name) === undefined);
}

/** Names that were given and that the prompt does not know: nobody means to give a value for nothing. */
export function unknownNames(prompt: Prompt, given: readonly string[], option = '--var'): Problem[] {
  const known = namesOf(prompt);
  return given
    .filter((name) => !known.includes(name))
    .map((name) => {
      const advice =
        didYouMean(name, known) ??
        (known.length === 0 ? 'it has no variables' : `its variables are ${known.join(', ')}`);
      return problem('unknown-variable', `${option}: the prompt ${prompt.file} has no variable "${name}"`, advice);
    });
}

/** What is wrong with values as they are given, all of it at once, whatever else is still missing. */
export function checkGiven(prompt: Prompt, { values, problems: unread }: Pairs, option = '--var'): Problem[] {
  const { front } = prompt;
  const problems = [...unread, ...unknownNames(prompt, Object.keys(values), option)];
  const read: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(values)) {
    const value = readTyped(front, name, text);
    if (value.ok) read[name] = value.value;
    else problems.push(problem('bad-variable', `${option}: ${value.error}`, 'correct the value'));
  }
  const declared = Object.entries(front.variables ?? {}).filter(([name]) => Object.hasOwn(read, name));
  const fits = applyDeclarations(
    prompt.template.source,
    { ...front, variables: Object.fromEntries(declared) },
    read,
    PLACE,
  );
  return fits.ok ? problems : [...problems, ...fits.error];
}

function nearest(scopes: readonly ScopeValues[], name: string): ScopeValues | undefined {
  return scopes.find(({ values }) => Object.hasOwn(values, name));
}

/** What could not be read as its type is told once: it is no missing value. */
function declaredValues(
  { template, front }: Prompt,
  given: Readonly<Record<string, unknown>>,
  told: Readonly<Record<string, Origin>>,
): Result<Record<string, unknown>, Problem[]> {
  const left = Object.entries(front.variables ?? {}).filter(
    ([name]) => !(Object.hasOwn(told, name) && !Object.hasOwn(given, name)),
  );
  return applyDeclarations(template.source, { ...front, variables: Object.fromEntries(left) }, given, PLACE);
}

function unknownVariables({ template, system }: Prompt, known: readonly string[]): Problem[] {
  const inBody = undefinedVariables(template, known, PLACE);
  const inHead = system ? inSystem(template, undefinedVariables(system, known, PLACE)) : [];
  const isText = ({ message }: Problem) => message.includes(`the variable "${TEXT_VARIABLE}"`);
  return [...inBody, ...inHead].map((each) => (isText(each) ? { ...each, advice: 'give a text to send' } : each));
}

/** A declaration that is not met is mended where the value comes from. */
function withOrigin(each: Problem, origins: Readonly<Record<string, Origin>>): Problem {
  const name = each.spot?.path[1];
  const origin = typeof name === 'string' && Object.hasOwn(origins, name) ? origins[name] : undefined;
  return origin === undefined ? each : { ...each, message: `${each.message} (its value comes from ${origin.place})` };
}

/** Text as the type that the prompt declares; without a declaration it stays text. */
function readTyped(front: FrontMatter, name: string, text: string): Result<unknown, string> {
  const declared = Object.hasOwn(front.variables ?? {}, name) ? front.variables?.[name] : undefined;
  const no = (what: string): Result<never, string> =>
    err(`"${name}" must be ${what}, not "${shorten(oneLine(text), 60)}"`);
  switch (declared?.type) {
    case 'integer':
      return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? ok(Number(text)) : no('a whole number');
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? ok(Number(text)) : no('a number');
    case 'boolean':
      return /^(true|yes|1)$/i.test(text) ? ok(true) : /^(false|no|0)$/i.test(text) ? ok(false) : no('true or false');
    case 'array':
    case 'object':
      return readJson(declared.type, text) ?? no(`a JSON ${declared.type}`);
    case 'string':
      return ok(text);
    default:
      return ok(declared?.enum?.find((choice) => String(choice) === text) ?? text);
  }
}

function readJson(type: 'array' | 'object', text: string): Result<unknown, string> | undefined {
  try {
    let harmful: string | undefined;
    const value: unknown = JSON.parse(text, (key, inner: unknown) => {
      if (['__proto__', 'constructor', 'prototype'].includes(key)) harmful = key;
      return inner;
    });
    if (harmful !== undefined) return err(`the key "${harmful}" is not allowed`);
    const fits =
      type === 'array' ? Array.isArray(value) : value !== null && typeof value === 'object' && !Array.isArray(value);
    return fits ? ok(value) : undefined;
  } catch {
    return undefined;
  }
}

function problem(code: string, message: string, advice: string): Problem {
  return { severity: 'error', code, message, advice };
}

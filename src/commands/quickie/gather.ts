// What a person gave for the inputs of a quickie: `-p`, a JSON file, files, stdin. Reads it; whether it fits is for others to say.

import path from 'node:path';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { errnoText } from '../../base/errno.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { shorten } from '../../base/text.ts';
import { readAtMost } from '../../system/files.ts';
import { readStdin, type StdinContent, stdinKind } from '../../system/stdin.ts';
import { blobFile, type Given, MOST_INPUT_BYTES } from '../../templates/quickie/inputs.ts';
import { isRequired, type QuickieTemplate } from '../../templates/quickie/types.ts';

export type Gathered = { readonly given: Map<string, Given>; readonly problems: Diagnostic[] };

export type Sources = {
  /** `-p`, as typed. */
  readonly params: readonly string[];
  /** The JSON file; `-` is stdin. */
  readonly file: string | undefined;
  readonly signal: AbortSignal;
  /** Something to tell the person on stderr. */
  readonly say: (text: string) => void;
};

/** A pipe that somebody forgot is told from one that is slow: whoever asks for stdin by name waits as long as it takes. */
const FIRST_BYTE_MS = 10_000;
const SAY_AFTER_MS = 1_000;

export async function gatherInputs(template: QuickieTemplate, sources: Sources): Promise<Gathered> {
  const gathered: Gathered = { given: new Map(), problems: [] };
  const wishes = splitParams(sources.params, gathered.problems);
  const wanting = [...wishes].filter(([, text]) => text === '-').map(([name]) => name);
  if (sources.file === '-') wanting.unshift('the JSON');
  if (wanting.length > 1) gathered.problems.push(stdinTwice(wanting));
  if (sources.file !== undefined) await readJsonFile(template, sources, gathered);
  for (const [name, text] of wishes) {
    const read = wanting.length > 1 && text === '-' ? undefined : await readParam(name, text, sources);
    if (read === undefined || read.ok) gathered.given.set(name, read?.value ?? { kind: 'unread' });
    else {
      gathered.given.set(name, { kind: 'unread' });
      gathered.problems.push(read.error);
    }
  }
  if (wanting.length === 0 && gathered.problems.length === 0) await takeStdin(template, sources, gathered);
  return gathered;
}

/** For a batch: what is given for all of its records, which come from a file of their own, so that stdin is not read. */
export function gatherParams(template: QuickieTemplate, params: readonly string[]): Gathered {
  const gathered: Gathered = { given: new Map(), problems: [] };
  for (const [name, text] of splitParams(params, gathered.problems)) {
    const given = text === '-' ? err(noStdinHere(name)) : fromText(name, text);
    if (!given.ok) gathered.problems.push(given.error);
    else if (!template.inputs.has(name))
      gathered.problems.push(
        problem('unknown-input', `there is no input "${shorten(name, 60)}"`, knownNames(template)),
      );
    else gathered.given.set(name, given.value);
  }
  return gathered;
}

function knownNames({ inputs }: QuickieTemplate): string {
  return inputs.size === 0 ? 'it takes none' : `it takes ${[...inputs.keys()].join(', ')}`;
}

function noStdinHere(name: string): Diagnostic {
  return problem('no-stdin', `the input "${name}" cannot come from stdin here`, `give it by -p ${name}=@FILE`);
}

function problem(code: string, message: string, advice: string): Diagnostic {
  return { severity: 'error', code, message, advice };
}

/** `key=value`, each key once. */
function splitParams(params: readonly string[], problems: Diagnostic[]): Map<string, string> {
  const wishes = new Map<string, string>();
  for (const param of params) {
    const at = param.indexOf('=');
    const name = param.slice(0, at);
    if (at < 1) problems.push(problem('bad-param', `-p ${shorten(param, 40)} names no input`, 'write -p KEY=VALUE'));
    else if (wishes.has(name))
      problems.push(problem('given-twice', `the input "${shorten(name, 60)}" is given twice`, 'give it once'));
    else wishes.set(name, param.slice(at + 1));
  }
  return wishes;
}

function stdinTwice(names: readonly string[]): Diagnostic {
  return problem(
    'stdin-twice',
    `stdin can be read once, and ${names.join(' and ')} want it`,
    'give the others by @FILE',
  );
}

/** `@file`, `-` for stdin, `@@` for a text that begins with an @; anything else is the text itself. */
async function readParam(name: string, text: string, sources: Sources): Promise<Result<Given, Diagnostic>> {
  if (text !== '-') return fromText(name, text);
  const bytes = await fromStdin(inputNamed(name), sources);
  return bytes.ok ? ok({ kind: 'file', name: 'stdin', bytes: bytes.value }) : bytes;
}

function inputNamed(name: string): string {
  return `the input "${name}"`;
}

function fromText(name: string, text: string): Result<Given, Diagnostic> {
  if (text.startsWith('@@')) return ok({ kind: 'text', text: text.slice(1) });
  return text.startsWith('@') ? fromFile(name, text.slice(1)) : ok({ kind: 'text', text });
}

function fromFile(name: string, file: string): Result<Given, Diagnostic> {
  const advice = `correct the path, or write -p ${name}=@@… for a text that begins with an @`;
  const read = readInputFile(file, { what: inputNamed(name), advice });
  return read.ok ? ok({ kind: 'file', name: file, bytes: read.value }) : read;
}

function readInputFile(file: string, { what, advice }: { what: string; advice: string }): Result<Buffer, Diagnostic> {
  const bytes = readAtMost(path.resolve(file), MOST_INPUT_BYTES);
  if (!bytes.ok) return err(problem('unreadable-input', `${what}: ${file} ${errnoText(bytes.error.errno)}`, advice));
  return bytes.value === undefined ? err(tooMuch(what, file)) : ok(bytes.value);
}

function tooMuch(what: string, where: string): Diagnostic {
  const limit = MOST_INPUT_BYTES.toLocaleString('en');
  return problem(
    'input-too-long',
    `${what}: ${where} holds more than ${limit} bytes`,
    'give a part of it: no model reads so much',
  );
}

/** Asked for by name: waited for as long as it takes. */
async function fromStdin(what: string, { signal, say }: Sources): Promise<Result<Buffer, Diagnostic>> {
  const kind = stdinKind();
  if (kind === 'none') return err(problem('no-stdin', `stdin is to give ${what}, and there is none`, 'pipe it in'));
  if (kind === 'terminal') say(`Reading ${what} from the terminal; Ctrl-D ends it.\n`);
  const content = await readStdin({ maxBytes: MOST_INPUT_BYTES, signal });
  return content.kind === 'bytes' ? ok(content.bytes) : err(unread(what, content));
}

function unread(what: string, content: Exclude<StdinContent, { kind: 'bytes' }>, name = 'NAME'): Diagnostic {
  switch (content.kind) {
    case 'too-long':
      return tooMuch(what, 'stdin');
    case 'interrupted':
      return problem('interrupted', `${what}: interrupted while stdin was being read`, 'try again');
    case 'silent': {
      const message = `${what} is missing, and nothing came on stdin for ${FIRST_BYTE_MS / 1000} seconds`;
      const advice = `give it by -p ${name}=@FILE; -p ${name}=- waits for stdin as long as it takes`;
      return problem('silent-stdin', message, advice);
    }
    case 'failed':
      return problem('unreadable-input', `${what}: stdin cannot be read (${content.errno})`, 'try again');
  }
}

/** The one required input that is missing comes from stdin, where that is a pipe or a file (S000: `git diff | …`). */
async function takeStdin(template: QuickieTemplate, sources: Sources, { given, problems }: Gathered): Promise<void> {
  const missing = [...template.inputs].filter(([name, schema]) => isRequired(schema) && !given.has(name));
  const [only, second] = missing.map(([name]) => name);
  if (only === undefined || second !== undefined) return;
  const kind = stdinKind();
  if (kind !== 'pipe' && kind !== 'file') return;
  // Told, so that a person who wonders why nothing happens knows.
  const notice = setTimeout(() => sources.say(`Waiting for "${only}" on stdin.\n`), SAY_AFTER_MS);
  const content = await readStdin({ maxBytes: MOST_INPUT_BYTES, firstByteMs: FIRST_BYTE_MS, signal: sources.signal });
  clearTimeout(notice);
  given.set(only, { kind: 'unread' });
  if (content.kind !== 'bytes') problems.push(unread(inputNamed(only), content, only));
  // An empty pipe is what a command leaves that found nothing: nothing to pay for.
  else if (content.bytes.length === 0) problems.push(emptyStdin(only));
  else given.set(only, { kind: 'file', name: 'stdin', bytes: content.bytes });
}

function emptyStdin(name: string): Diagnostic {
  const advice = `give it by -p ${name}=TEXT or =@FILE`;
  return problem('empty-stdin', `the input "${name}" is missing, and stdin is empty`, advice);
}

async function readJsonFile(template: QuickieTemplate, sources: Sources, gathered: Gathered): Promise<void> {
  const data = await jsonFileData(template, sources);
  if (!data.ok) {
    gathered.problems.push(data.error);
    // Nobody knows what it would have given: what it does not give is not called missing.
    for (const name of template.inputs.keys()) gathered.given.set(name, { kind: 'unread' });
    return;
  }
  for (const [name, value] of Object.entries(data.value)) {
    const blob = template.inputs.get(name)?.type === 'blob' ? blobFile(value) : undefined;
    const given: Result<Given, Diagnostic> = blob === undefined ? ok({ kind: 'data', value }) : fromFile(name, blob);
    if (!given.ok) gathered.problems.push(given.error);
    gathered.given.set(name, given.ok ? given.value : { kind: 'unread' });
  }
}

async function jsonFileData(template: QuickieTemplate, sources: Sources): Promise<Result<object, Diagnostic>> {
  const { file = '' } = sources;
  const what = 'the inputs';
  const bytes =
    file === '-' ? await fromStdin(what, sources) : readInputFile(file, { what, advice: 'correct the path' });
  if (!bytes.ok) return bytes;
  const data = parseObject(bytes.value.toString('utf8'));
  if (data.ok) return data;
  const [first = 'NAME'] = [...template.inputs].flatMap(([name, schema]) => (isRequired(schema) ? [name] : []));
  const whole = file === '-' ? `-p ${first}=-` : `-p ${first}=@${file}`;
  const advice = `write an object: {"name": value}; as one input it is given by ${whole}`;
  return err(problem('bad-json', `${file === '-' ? 'stdin' : file} ${data.error}`, advice));
}

function parseObject(text: string): Result<object, string> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return ok(value);
    return err(`holds ${Array.isArray(value) ? 'a list' : 'no object'}, not the inputs by their names`);
  } catch (error) {
    return err(`is no JSON: ${shorten(error instanceof Error ? error.message : '', 100)}`);
  }
}

// Prompt templates: reading, checking and filling them (Liquid, strict). The only import of liquidjs. Does not know tasks or models.

import path from 'node:path';
import { Liquid, type Template as Parsed } from 'liquidjs';
import { errnoText } from '../base/errno.ts';
import { md5 } from '../base/hash.ts';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean } from '../base/text.ts';
import type { Problem, SourceFile, Spot } from '../runbook/problem.ts';
import { exists, readText } from '../system/files.ts';
import { confine } from '../system/paths.ts';
import { type FrontMatter, readFrontMatter } from './front-matter.ts';
import { ENDLESS, endlessPartials, liquidProblems, offsetOf, spotAt, TEMPLATE_FOLDER } from './liquid-problems.ts';

/** What a template may use before it is filled, counting each use. */
const MOST_PARTIALS = 300;
const LIMITS = { parseLimit: 5_000_000, renderLimit: 5_000, memoryLimit: 200_000_000 };

export type PromptTemplate = {
  readonly source: SourceFile;
  readonly front: FrontMatter;
  /** The template without front matter, with the text of every partial it uses; hashed as S000 asks (MD5, before substitution). */
  readonly fullText: string;
  readonly hash: string;
  /** Where the body begins in the file. */
  readonly bodyStart: number;
  /** Their texts by name, as far as the names stand in the template. */
  readonly partials: ReadonlyMap<string, string>;
  readonly parsed: readonly Parsed[];
  readonly engine: Liquid;
};

/** Reads and parses a template; every problem of its front matter and its Liquid, with places. */
export async function loadTemplate(root: string, file: string): Promise<Result<PromptTemplate, Problem[]>> {
  if (confine(root)(file) === undefined)
    return err([missing(`the template lies outside the project: ${file}`, 'give a path inside the project')]);
  const text = readText(path.join(root, file));
  if (!text.ok)
    return err([
      missing(`the template ${errnoText(text.error.errno)}: ${file}`, `create ${file}, or correct the path`),
    ]);
  return parseTemplate(root, { file, text: text.value });
}

/** A text that is, or may become, the template of that name; its partials are those below the root. */
export async function parseTemplate(root: string, source: SourceFile): Promise<Result<PromptTemplate, Problem[]>> {
  const head = await readFrontMatter(source);
  if (!head.ok) return head;
  return parseBody(root, { source, ...head.value, extension: path.extname(source.file) });
}

/** A template whose body is at hand. `extension` is that of its partials, where they are named without one. */
export type TemplateBody = Pick<PromptTemplate, 'source' | 'front' | 'bodyStart'> & { readonly extension: string };

/** Every problem of its Liquid, with places in the text or in a partial. */
export function parseBody(
  root: string,
  { source, front, bodyStart, extension }: TemplateBody,
): Result<PromptTemplate, Problem[]> {
  const partials = new Map<string, string>();
  const reading = { left: MOST_PARTIALS };
  const engine = createEngine(root, { partials, extension, reading });
  const body = source.text.slice(bodyStart);
  try {
    const parsed = engine.parse(body);
    engine.analyzeSync(parsed);
    reading.left = Number.POSITIVE_INFINITY; // a loop may render a partial any number of times
    const endless = endlessPartials({ source, bodyStart, partials }, extension);
    if (endless.length > 0) return err(endless);
    const fullText = [
      body,
      ...[...partials]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, content]) => `\n{# partial ${name} #}\n${content}`),
    ].join('');
    return ok({
      source,
      front,
      fullText,
      hash: md5(fullText),
      bodyStart,
      partials,
      parsed,
      engine,
    });
  } catch (error) {
    return err(liquidProblems({ source, bodyStart, partials }, error));
  }
}

function missing(message: string, advice: string): Problem {
  return { severity: 'error', code: 'missing-template', message, advice };
}

/** `reading.left` says how many more partials may be read: one that renders itself would never come to an end. */
type EngineParts = {
  readonly partials: Map<string, string>;
  readonly extension: string;
  readonly reading: { left: number };
};

/** Templates run no code and read nothing but partials inside prompt_templates/ (design.md §9). */
function createEngine(root: string, { partials, extension, reading }: EngineParts): Liquid {
  const folder = path.join(root, TEMPLATE_FOLDER);
  const inside = exists(folder) ? confine(folder) : () => undefined;
  const read = (file: string): string => {
    reading.left -= 1;
    if (reading.left < 0) throw new Error(ENDLESS);
    const text = readText(file);
    if (!text.ok) throw new Error(`cannot read ${path.relative(root, file)} (${text.error.errno})`);
    partials.set(path.relative(folder, file), text.value);
    return text.value;
  };
  const contains = (_root: string, file: string) => inside(path.relative(folder, file)) !== undefined;
  return new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    catchAllErrors: true,
    ...LIMITS,
    // The same everywhere, so that a prompt is; and asking the machine for its own costs a tenth of a short command.
    locale: 'en-US',
    root: [folder],
    partials: [folder],
    relativeReference: false,
    fs: {
      existsSync: exists,
      exists: async (file) => exists(file),
      readFileSync: read,
      readFile: async (file) => read(file),
      // `{% render 'part' %}` in a .md template finds part.md too.
      resolve: (dir, file) =>
        path.resolve(dir, path.extname(file) !== '' || exists(path.resolve(dir, file)) ? file : file + extension),
      contains: async (dir, file) => contains(dir, file),
      containsSync: contains,
      sep: path.sep,
      dirname: (file) => path.dirname(file),
    },
    outputEscape: printable,
  });
}

/** A list or mapping prints as JSON; Liquid's own `[object Object]` helps nobody. */
function printable(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** The names of all variables that the template and its partials use. */
export function usedVariables(template: PromptTemplate): string[] {
  return Object.keys(template.engine.analyzeSync([...template.parsed]).globals);
}

/** The `system` text of its front matter as a template of its own; undefined where it has none. Its problems point at that text. */
export function systemTemplate(template: PromptTemplate): Result<PromptTemplate | undefined, Problem[]> {
  const { system } = template.front;
  if (system === undefined || system === '') return ok(undefined);
  const texts = { source: { file: template.source.file, text: system }, bodyStart: 0, partials: template.partials };
  try {
    const parsed = template.engine.parse(system);
    template.engine.analyzeSync(parsed);
    return ok({ ...template, ...texts, fullText: system, parsed });
  } catch (error) {
    return err(liquidProblems(texts, error));
  }
}

/** Every variable of the template that is not among `available`, with its place. Seen before any call is made. */
export function undefinedVariables(
  template: PromptTemplate,
  available: readonly string[],
  place = 'under input_context',
): Problem[] {
  const known = new Set([...available, ...Object.keys(template.front.variables ?? {})]);
  const { globals } = template.engine.analyzeSync([...template.parsed]);
  return Object.entries(globals)
    .filter(([name]) => !known.has(name))
    .flatMap(([name, uses]) => uses.slice(0, 1).map((use) => ({ name, use })))
    .map(({ name, use }) => ({
      severity: 'error' as const,
      code: 'undefined-variable',
      message: `the template uses the variable "${name}", which nothing defines`,
      spot: placeIn(template, use.location, name.length),
      advice: didYouMean(name, known) ?? `add "${name}" ${place}`,
    }));
}

/** Every use of a member that the given mappings do not have, such as `vars.colour`, with its place. */
export function undefinedMembers(
  template: PromptTemplate,
  mappings: Readonly<Record<string, readonly string[]>>,
): Problem[] {
  const { globals } = template.engine.analyzeSync([...template.parsed]);
  return Object.entries(mappings).flatMap(([name, members]) =>
    (globals[name] ?? []).flatMap((use) => {
      const member = use.segments[1];
      if (typeof member !== 'string' || members.includes(member) || LIQUID_MEMBERS.has(member)) return [];
      const message = `the template uses "${name}.${member}", which nothing defines`;
      const advice =
        didYouMean(member, members) ??
        (members.length === 0 ? `"${name}" is empty: define "${member}" there` : `"${name}" has ${members.join(', ')}`);
      const spot = placeIn(template, use.location, name.length + 1 + member.length);
      return [{ severity: 'error' as const, code: 'undefined-variable', message, spot, advice }];
    }),
  );
}

/** What of a mapping the template uses, as `vars.colour` or `vars.sizes.small`; the mapping's own name where it is used as a whole. */
export function membersOf(template: PromptTemplate, mapping: string): string[] {
  const { globals } = template.engine.analyzeSync([...template.parsed]);
  const uses = (globals[mapping] ?? []).map(({ segments }) => {
    const rest = segments.slice(1);
    const end = rest.findIndex((one) => typeof one !== 'string' || one.includes('.') || LIQUID_MEMBERS.has(one));
    return [mapping, ...(end === -1 ? rest : rest.slice(0, end))].join('.');
  });
  return [...new Set(uses)];
}

/** What Liquid knows of every list and mapping. */
const LIQUID_MEMBERS = new Set(['size', 'first', 'last']);

/** Where liquidjs found a name: in the template, or in the partial whose file it tells. */
function placeIn(
  template: PromptTemplate,
  location: { row: number; col: number; file?: string },
  length: number,
): Spot {
  const partial = [...template.partials].find(([name]) => location.file?.endsWith(path.join(TEMPLATE_FOLDER, name)));
  const input = location.file === undefined ? template.source.text.slice(template.bodyStart) : partial?.[1];
  return spotAt(
    template,
    input === undefined ? {} : { input, begin: offsetOf(input, location.row, location.col), length },
  );
}

/** The filled template. Text from values is never expanded again (one pass). */
export function renderTemplate(
  template: PromptTemplate,
  values: Readonly<Record<string, unknown>>,
): Result<string, Problem[]> {
  try {
    return ok(String(template.engine.renderSync([...template.parsed], { ...values })));
  } catch (error) {
    return err(liquidProblems(template, error));
  }
}

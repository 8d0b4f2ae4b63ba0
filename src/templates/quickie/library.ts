// Reads the files of quickie templates: the project's and the user's own, of which the project's win (S000). Reads no prompt.

import path from 'node:path';
import { errnoText } from '../../base/errno.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { didYouMean } from '../../base/text.ts';
import { fitsQuickies } from '../../runbook/fits.ts';
import { readYaml } from '../../runbook/parse.ts';
import type { Problem, SourceFile } from '../../runbook/problem.ts';
import { readText } from '../../system/files.ts';
import type { InputSchema, OutputSchema, RawQuickie } from './shape.ts';
import { isInputName, isTemplateName, QUICKIE_FILE, type QuickieTemplate } from './types.ts';

/** In the user's own configuration folder. */
const USER_QUICKIE_FILE = 'quickie_templates.yaml';

/** Where templates may stand; of the same name, the first that has it counts. */
export type QuickiePlace = {
  readonly from: 'project' | 'user';
  readonly root: string;
  /** Absolute. */
  readonly file: string;
  /** As it is named to people. */
  readonly shown: string;
};

export type Library = {
  readonly places: readonly QuickiePlace[];
  /** In the order of the files. One that is broken is there with what is wrong. */
  readonly entries: ReadonlyMap<string, Result<QuickieTemplate, readonly Problem[]>>;
  /** What is wrong with a file as a whole: then none of its templates is known. */
  readonly problems: readonly Problem[];
};

export function quickiePlaces(projectRoot: string | undefined, userRoot: string): QuickiePlace[] {
  const own = path.join(userRoot, USER_QUICKIE_FILE);
  const user: QuickiePlace = { from: 'user', root: userRoot, file: own, shown: own };
  if (projectRoot === undefined) return [user];
  const file = path.join(projectRoot, QUICKIE_FILE);
  return [{ from: 'project', root: projectRoot, file, shown: QUICKIE_FILE }, user];
}

/**
 * A file that is not there has no templates. Read anew for each call: people edit it. Behind one that cannot be read nothing is looked
 * for: what it would have had comes first.
 */
export async function loadLibrary(places: readonly QuickiePlace[]): Promise<Library> {
  const entries = new Map<string, Result<QuickieTemplate, readonly Problem[]>>();
  const problems: Problem[] = [];
  for (const place of places) {
    const read = await readPlace(place);
    if (!read.ok) {
      problems.push(...read.error);
      break;
    }
    for (const [name, entry] of read.value) if (!entries.has(name)) entries.set(name, entry);
  }
  return { places, entries, problems };
}

type Entries = Map<string, Result<QuickieTemplate, readonly Problem[]>>;

async function readPlace(place: QuickiePlace): Promise<Result<Entries, Problem[]>> {
  const text = readText(place.file);
  if (!text.ok) {
    if (text.error.errno === 'ENOENT' || text.error.errno === 'ENOTDIR') return ok(new Map());
    const message = `${place.shown} ${errnoText(text.error.errno)}`;
    return err([{ severity: 'error', code: 'unreadable', message, advice: 'make it readable' }]);
  }
  return parseLibrary({ file: place.shown, text: text.value }, place);
}

/** The templates of one file. An error inside one leaves the others as they are. */
export async function parseLibrary(
  source: SourceFile,
  place: Pick<QuickiePlace, 'root' | 'from'>,
): Promise<Result<Entries, Problem[]>> {
  const data = await readYaml(source);
  if (!data.ok) return data;
  const found = await shapeProblems(source, data.value ?? {});
  const ofFile = found.filter(({ spot }) => (spot?.path.length ?? 0) < 2);
  if (ofFile.length > 0) return err(found);
  const raw = ((data.value ?? {}) as { quickie_templates?: Record<string, RawQuickie> | null }).quickie_templates ?? {};
  return ok(
    new Map(
      Object.entries(raw).map(([name, entry]) => {
        const own = [...found.filter(({ spot }) => spot?.path[1] === name), ...badNames(source, name, entry)];
        return [name, own.length > 0 ? err(own) : ok(templateOf(source, place, { name, raw: entry }))];
      }),
    ),
  );
}

async function shapeProblems(source: SourceFile, data: unknown): Promise<Problem[]> {
  if (fitsQuickies(data)) return [];
  const [{ checkShape }, { quickiesShape }] = await Promise.all([
    import('../../runbook/shape-check.ts'),
    import('./shape.ts'),
  ]);
  const checked = checkShape(source, data, quickiesShape);
  return checked.ok ? [] : checked.error;
}

function badNames(source: SourceFile, name: string, raw: RawQuickie): Problem[] {
  const bad = (path: (string | number)[], message: string): Problem => ({
    severity: 'error',
    code: 'bad-name',
    message,
    spot: { source, path: ['quickie_templates', name, ...path], key: true },
    advice: 'use letters, digits, "_" and "-"',
  });
  const inputs = Object.keys(raw?.input_schema ?? {}).filter((input) => !isInputName(input));
  return [
    ...(isTemplateName(name) ? [] : [bad([], `"${name}" cannot be the name of a template`)]),
    ...inputs.map((input) => bad(['input_schema', input], `"${input}" cannot be the name of an input`)),
  ];
}

const TEMPERATURE = 0.7;

function templateOf(
  source: SourceFile,
  { root, from }: Pick<QuickiePlace, 'root' | 'from'>,
  { name, raw }: { name: string; raw: RawQuickie },
): QuickieTemplate {
  const { description = '', model, prompt, config, examples } = raw;
  const outputs = new Map<string, OutputSchema>(Object.entries(raw.output_schema ?? {}));
  return {
    name,
    source,
    root,
    from,
    description,
    model,
    prompt,
    inputs: new Map<string, InputSchema>(Object.entries(raw.input_schema ?? {})),
    outputs,
    config: {
      temperature: config?.temperature ?? TEMPERATURE,
      maxTokens: config?.max_tokens ?? undefined,
      // What has no schema is text, unless it is said to be JSON.
      format: config?.format ?? (outputs.size > 0 ? 'json' : 'text'),
      stop: config?.stop_sequences ?? [],
    },
    examples: examples ?? [],
  };
}

/** The template of that name; what is wrong with it, or with the file that should have it. */
export function findTemplate(library: Library, name: string): Result<QuickieTemplate, readonly Problem[]> {
  const entry = library.entries.get(name);
  if (entry !== undefined) return entry;
  if (library.problems.length > 0) return err(library.problems);
  const names = [...library.entries.keys()];
  const first = library.places[0];
  const advice =
    names.length === 0
      ? `write it into ${first?.shown ?? QUICKIE_FILE}; "orchestrate init" makes a project that has some`
      : (didYouMean(name, names) ?? `there are ${namesIn(names)}`);
  return err([
    { severity: 'error', code: 'unknown-quickie', message: `there is no quickie template "${name}"`, advice },
  ]);
}

const MOST_NAMES = 12;

function namesIn(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return rest > 0 ? `${shown} and ${rest} more: orchestrate quickie list-templates` : shown;
}

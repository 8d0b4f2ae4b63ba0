// The rules of design.md §10 on sources: layers, cycles, doors for input and output, sizes. Judges texts; reads no file.
import { type Import, importsOf, targetOf, withoutComments } from './imports.ts';

/** Path relative to the repository → text. */
export type Sources = Readonly<Record<string, string>>;

/** From the top down. Imports run downwards; folders on one level do not know each other. */
const LEVELS: readonly (readonly string[])[] = [
  ['main.ts'],
  ['program.ts'],
  ['commands'],
  ['home.ts'],
  ['app.ts'],
  ['terminal'],
  ['run', 'quickies', 'prompts', 'authoring', 'doctor'],
  ['batch'],
  ['calls'],
  ['templates'],
  ['runbook'],
  ['journal', 'history'],
  ['database'],
  ['events'],
  ['model'],
  ['system'],
  ['base'],
];

/** Package → the only places that may import it. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'node:fs': ['src/system/'],
  'node:child_process': ['src/system/'],
  execa: ['src/system/'],
  'better-sqlite3': ['src/database/'],
  koffi: ['src/system/'],
  openai: ['src/model/'],
  liquidjs: ['src/templates/'],
  '@inquirer/prompts': ['src/terminal/'],
  ora: ['src/terminal/'],
  // completion walks the tree that program.ts builds.
  commander: [
    'src/program.ts',
    'src/main.ts',
    'src/commands/completion.ts',
    'src/commands/tree/',
    'src/commands/completion/tree.ts',
    'src/commands/ci/tree.ts',
    'src/commands/history/tree.ts',
    'src/commands/insight/tree.ts',
    'src/commands/prompt/tree.ts',
    'src/commands/prompt/batch-tree.ts',
    'src/commands/quickie/tree.ts',
  ],
  ajv: ['src/base/json-schema.ts'],
  'csv-parse': ['src/batch/csv.ts'],
};

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bprocess\.exit\b/, 'calls process.exit: give the exit code back instead'],
  [/\bprocess\.exitCode\b/, 'sets process.exitCode, which bin/orchestrate.js alone does'],
  [/\bconsole\.\w/, 'writes to the console: report it as an event or a value'],
];

const MOST_LINES = 400;

/** Every broken rule as one sentence that begins with its place, in the order of the files. */
export function violations(sources: Sources): string[] {
  const files = Object.keys(sources).sort();
  return [...files.flatMap((file) => fileViolations(file, sources[file] ?? '')), ...cycles(sources)];
}

function fileViolations(file: string, text: string): string[] {
  const found = importsOf(text).flatMap((one) => {
    const broken = importViolation(file, one);
    return broken === undefined ? [] : [`${file}:${one.line}: ${broken}`];
  });
  if (levelOf(file) === undefined) found.push(`${file}: stands in no folder of the layer list`);
  if (!/^(?:\/\/|\/\*)/.test(text)) found.push(`${file}:1: does not begin with a comment that says what it is`);
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (lines > MOST_LINES) found.push(`${file}: has ${lines} lines; ${MOST_LINES} are the most`);
  for (const [index, line] of withoutComments(text).split('\n').entries()) {
    for (const [pattern, what] of FORBIDDEN) if (pattern.test(line)) found.push(`${file}:${index + 1}: ${what}`);
  }
  return found;
}

function importViolation(file: string, { specifier }: Import): string | undefined {
  if (specifier === undefined) return 'imports what is computed, or in an unusual form: nobody can tell what';
  const target = targetOf(file, specifier);
  return target === undefined ? doorViolation(file, specifier) : layerViolation(file, target);
}

function doorViolation(file: string, specifier: string): string | undefined {
  // `fs` and `node:fs` are the same module; `openai/streaming` is a part of `openai`.
  const named = [specifier, `node:${specifier}`];
  const door = Object.entries(DOORS).find(([name]) =>
    named.some((each) => each === name || each.startsWith(`${name}/`)),
  );
  if (
    door === undefined ||
    door[1].some((place) => file === place || (place.endsWith('/') && file.startsWith(place)))
  ) {
    return undefined;
  }
  return `imports ${specifier}, which only ${door[1].join(' and ')} may`;
}

function layerViolation(file: string, target: string): string | undefined {
  const [from, to] = [levelOf(file), levelOf(target)];
  if (to === undefined) return `imports ${target}, which stands in no folder of the layer list`;
  if (from === undefined || from < to || folderOf(file) === folderOf(target)) return undefined;
  return from === to
    ? `imports its sibling ${target}: folders on one level do not know each other`
    : `imports upwards: ${target}`;
}

/** The folder or file directly below src/. */
function folderOf(file: string): string {
  return file.replace(/^src\//, '').split('/')[0] ?? '';
}

function levelOf(file: string): number | undefined {
  const level = file.startsWith('src/') ? LEVELS.findIndex((names) => names.includes(folderOf(file))) : -1;
  return level === -1 ? undefined : level;
}

/** Each cycle between files once, from its first file by name; type imports count. */
function cycles(sources: Sources): string[] {
  const targets = (file: string): string[] =>
    importsOf(sources[file] ?? '')
      .map(({ specifier }) => (specifier === undefined ? undefined : targetOf(file, specifier)))
      .filter((target): target is string => target !== undefined && target in sources);
  const found = new Set<string>();
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start !== -1) found.add(rotated(trail.slice(start)));
    if (start !== -1 || finished.has(file)) return;
    for (const target of targets(file)) visit(target, [...trail, file]);
    finished.add(file);
  };
  for (const file of Object.keys(sources).sort()) visit(file, []);
  return [...found];
}

function rotated(ring: readonly string[]): string {
  const first = ring.indexOf([...ring].sort()[0] ?? '');
  const turned = [...ring.slice(first), ...ring.slice(0, first)];
  return `cycle: ${[...turned, turned[0]].join(' -> ')}`;
}

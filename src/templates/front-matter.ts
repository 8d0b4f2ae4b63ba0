// The optional YAML block at the head of a prompt template (design.md §2): what it declares, and whether given values fit. Pure but
// for the YAML reader. Does not know Liquid.

import * as z from 'zod/mini';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean } from '../base/text.ts';
import type { YamlPath } from '../base/yaml-path.ts';
import { readYaml } from '../runbook/parse.ts';
import type { Problem, SourceFile, Spot } from '../runbook/problem.ts';
import { checkShape } from '../runbook/shape-check.ts';

const variable = z.strictObject({
  type: z.optional(z.enum(['string', 'integer', 'number', 'boolean', 'array', 'object'])),
  required: z.optional(z.boolean()),
  default: z.optional(z.unknown()),
  enum: z.optional(z.array(z.union([z.string(), z.number(), z.boolean()]))),
  description: z.optional(z.string()),
});

const shape = z.strictObject({
  description: z.optional(z.string()),
  model: z.optional(z.string()),
  system: z.optional(z.string()),
  variables: z.optional(z.nullable(z.record(z.string(), z.nullable(variable)))),
  config: z.optional(
    z.strictObject({
      temperature: z.optional(z.number()),
      max_tokens: z.optional(z.int().check(z.minimum(1, 'must be at least 1'))),
    }),
  ),
});

export const frontMatterShape = shape;
export type FrontMatter = z.infer<typeof shape>;

const FENCE = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)(?<=\n)---[ \t]*(?:\r?\n|$)/;

/** The declarations and the offset at which the body begins; a template without the block declares nothing. */
export async function readFrontMatter(
  source: SourceFile,
): Promise<Result<{ front: FrontMatter; bodyStart: number }, Problem[]>> {
  const match = FENCE.exec(source.text);
  if (match === null) return ok({ front: {}, bodyStart: source.text.startsWith('\uFEFF') ? 1 : 0 });
  const block = blockOf(source, match);
  const data = await readYaml(block);
  if (!data.ok) return err(data.error.map((problem) => withText(problem, source)));
  const front = checkShape<FrontMatter | null>(block, data.value ?? {}, shape);
  if (!front.ok) return err(front.error.map((problem) => withText(problem, block)));
  return ok({ front: front.value ?? {}, bodyStart: match[0].length });
}

/** The YAML alone, everything else blanked out, so that positions inside the block are positions in the file. */
function blockOf(source: SourceFile, match: RegExpExecArray): SourceFile {
  const start = match[0].indexOf('\n') + 1;
  return { file: source.file, text: `${match[0].slice(0, start).replace(/[^\r\n]/g, ' ')}${match[1] ?? ''}` };
}

function withText(problem: Problem, source: SourceFile): Problem {
  return problem.spot ? { ...problem, spot: { ...problem.spot, source } } : problem;
}

/** A place in the block at the head of a template. */
export function frontSpot(source: SourceFile, path: YamlPath, key = false): Spot {
  const match = FENCE.exec(source.text);
  return { source: match === null ? source : blockOf(source, match), path, key };
}

/** The template with another `system`, every other byte as it was; or why it cannot be written so. */
export async function withSystem(text: string, system: string): Promise<Result<string, string>> {
  const value = system.trim();
  const { patchYaml } = await import('../runbook/patch.ts');
  const match = FENCE.exec(text);
  const block = match?.[1] ?? '';
  const start = match === null ? 0 : match[0].indexOf('\n') + 1;
  const patched =
    block.trim() === ''
      ? patchYaml('description: ""\n', [
          { kind: 'set', path: ['system'], value },
          { kind: 'remove', path: ['description'] },
        ])
      : patchYaml(block, [{ kind: 'set', path: ['system'], value }]);
  if (!patched.ok) return err(patched.error.kind === 'refused' ? patched.error.reason : patched.error.message);
  if (match !== null) return ok(text.slice(0, start) + patched.value + text.slice(start + block.length));
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  return ok(`${mark}---\n${patched.value}---\n${text.slice(mark.length)}`);
}

/** Values with the declared defaults filled in, or everything that does not fit, at once. `place` says where values are given. */
export function applyDeclarations(
  source: SourceFile,
  front: FrontMatter,
  given: Readonly<Record<string, unknown>>,
  place = 'under input_context',
): Result<Record<string, unknown>, Problem[]> {
  const values: Record<string, unknown> = { ...given };
  const problems: Problem[] = [];
  const block = frontSpot(source, []).source;
  for (const [name, declared] of Object.entries(front.variables ?? {})) {
    const add = (message: string, advice: string) =>
      problems.push({
        severity: 'error',
        code: 'bad-variable',
        message,
        spot: { source: block, path: ['variables', name], key: true },
        advice,
      });
    const isGiven = Object.hasOwn(values, name) && values[name] !== undefined;
    if (!isGiven && declared?.default !== undefined) values[name] = declared.default;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined || value === null) {
      if (declared?.required ?? true)
        add(`the variable "${name}" is required, and has no value`, `give "${name}" ${place}`);
      else values[name] = null;
      continue;
    }
    if (declared?.type && !fitsType(declared.type, value))
      add(`the variable "${name}" must be of type ${declared.type}`, `correct its value ${place}`);
    if (declared?.enum && !declared.enum.some((choice) => choice === value)) {
      const choices = declared.enum.map(String);
      add(
        `the variable "${name}" must be one of: ${choices.join(', ')}`,
        didYouMean(typeof value === 'string' ? value : JSON.stringify(value), choices) ?? 'choose one of them',
      );
    }
  }
  return problems.length > 0 ? err(problems) : ok(values);
}

type DeclaredType = NonNullable<z.infer<typeof variable>['type']>;

function fitsType(type: DeclaredType, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return value !== null && typeof value === 'object' && !Array.isArray(value);
  }
}

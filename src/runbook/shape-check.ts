// What is wrong with data that does not fit its shape, in words and with YAML paths. Loaded only when something may be wrong: the
// checker costs more than a whole `status`. Pure; knows no file but the one it is given.

import type * as z from 'zod/mini';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean, suggest } from '../base/text.ts';
import { formatPath, type YamlPath } from '../base/yaml-path.ts';
import type { Problem, SourceFile } from './problem.ts';

type What = { readonly code: string; readonly message: string; readonly advice?: string | undefined };

function problem(source: SourceFile, path: YamlPath, { code, message, advice }: What): Problem {
  return { severity: 'error', code, message, spot: { source, path }, ...(advice === undefined ? {} : { advice }) };
}

/**
 * Data as it is when it fits the shape: the shapes neither convert nor fill in, so the checked value is the value itself. Keys that
 * begin with `x-` are the user's own anywhere.
 */
export function checkShape<T>(source: SourceFile, data: unknown, shape: z.ZodMiniType): Result<T, Problem[]> {
  const result = shape.safeParse(data);
  if (result.success) return ok(data as T);
  const issues = withoutMisspelt(result.error.issues, data, shape);
  const problems = issues.flatMap((issue) => describe(source, data, issue, shape));
  return problems.length === 0 ? ok(data as T) : err(problems);
}

type Issue = z.core.$ZodIssue;

/** A key that is missing because it is misspelt is told once: by its misspelling. */
function withoutMisspelt(issues: readonly Issue[], data: unknown, shape: z.ZodMiniType): Issue[] {
  const meant = new Set<string>();
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const known = knownKeys(shape, issue.path as YamlPath);
    for (const key of issue.keys) meant.add(formatPath([...(issue.path as YamlPath), suggest(key, known) ?? key]));
  }
  return issues.filter(
    (issue) => valueAt(data, issue.path as YamlPath) !== undefined || !meant.has(formatPath(issue.path as YamlPath)),
  );
}

function describe(source: SourceFile, data: unknown, issue: Issue, shape: z.ZodMiniType): Problem[] {
  const path = issue.path as YamlPath;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(shape, path);
    return issue.keys.filter((key) => !key.startsWith('x-')).map((key) => unknownKey(source, [...path, key], known));
  }
  if (issue.code === 'invalid_union') return describeUnion(source, data, issue, shape);
  const value = valueAt(data, path);
  if (value === undefined && issue.code !== 'invalid_format') return [missing(source, path)];
  const name = path.length === 0 ? 'the file' : `"${formatPath(path)}"`;
  switch (issue.code) {
    case 'invalid_type':
      return [
        problem(source, path, {
          code: 'wrong-type',
          message: `${name} must be ${KIND[issue.expected] ?? issue.expected}, not ${kindOf(value)}`,
          advice: typeAdvice(issue.expected, value),
        }),
      ];
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const advice =
        didYouMean(String(value), allowed) ?? `write ${allowed.length === 1 ? 'just that' : 'one of them'}`;
      return [
        problem(source, path, {
          code: 'wrong-value',
          message: `${name} must be ${list(allowed)}, not ${show(value)}`,
          advice,
        }),
      ];
    }
    default:
      return [
        problem(source, path, {
          code: 'wrong-value',
          message: `${name} ${issue.message}, but is ${show(value)}`,
          advice: 'correct it here',
        }),
      ];
  }
}

/** Of the branches of a union whose kind of value it is, the one with the fewest problems is the one the person meant. */
function describeUnion(
  source: SourceFile,
  data: unknown,
  issue: Issue & { code: 'invalid_union' },
  shape: z.ZodMiniType,
): Problem[] {
  const path = issue.path as YamlPath;
  const branches = issue.errors.map((issues) =>
    withoutMisspelt(
      issues.map((inner) => ({ ...inner, path: [...path, ...inner.path] })),
      data,
      shape,
    ),
  );
  const meant = branches.filter(
    (issues) => !issues.some((inner) => inner.path.length === path.length && inner.code === 'invalid_type'),
  );
  const value = valueAt(data, path);
  if (value === undefined) return [missing(source, path)];
  const onlyKeys = meant.find((issues) =>
    issues.every((i) => i.code === 'unrecognized_keys' && i.keys.every((k) => k.startsWith('x-'))),
  );
  if (onlyKeys !== undefined) return [];
  const best = meant.sort((a, b) => a.length - b.length)[0];
  if (best !== undefined) return best.flatMap((inner) => describe(source, data, inner, shape));
  const kinds = branches.flatMap((issues) =>
    issues.filter((i) => i.code === 'invalid_type').map((i) => KIND[(i as { expected: string }).expected] ?? ''),
  );
  const expected = branches.flatMap((issues) =>
    issues.filter((i) => i.code === 'invalid_type').map((i) => (i as { expected: string }).expected),
  );
  const advice = typeAdvice(expected.includes('string') ? 'string' : (expected[0] ?? ''), value);
  return [
    problem(source, path, {
      code: 'wrong-type',
      message: `"${formatPath(path)}" must be ${list([...new Set(kinds)])}, not ${kindOf(value)}`,
      advice,
    }),
  ];
}

function missing(source: SourceFile, path: YamlPath): Problem {
  const name = String(path.at(-1));
  const parent = path.slice(0, -1);
  const where = parent.length === 0 ? '' : ` in ${formatPath(parent)}`;
  return problem(source, parent, {
    code: 'missing-key',
    message: `"${name}" is missing${where}`,
    advice: `add "${name}: …"`,
  });
}

function unknownKey(source: SourceFile, path: YamlPath, known: readonly string[]): Problem {
  const name = String(path.at(-1));
  if (known.includes(name)) {
    const message = `"${name}" does not go with the other keys here`;
    return {
      severity: 'error',
      code: 'wrong-combination',
      message,
      spot: { source, path, key: true },
      advice: 'write two entries, one for each',
    };
  }
  const advice = didYouMean(name, known) ?? 'remove it, or begin its name with "x-" if it is your own';
  return {
    severity: 'error',
    code: 'unknown-key',
    message: `unknown key "${name}"`,
    spot: { source, path, key: true },
    advice,
  };
}

const KIND: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'nothing',
};

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return `${typeof value === 'string' ? 'the text' : typeof value === 'number' ? 'the number' : 'the value'} ${show(value)}`;
}

function typeAdvice(expected: string, value: unknown): string {
  switch (expected) {
    case 'string':
      if (typeof value === 'boolean' || Number.isInteger(value)) return `put it in quotes: "${String(value)}"`;
      // As it stands there: 2.10 is the number 2.1.
      if (typeof value === 'number') return 'put it in quotes';
      return value === null
        ? 'write the text after the colon, or remove the key'
        : 'write a text; what begins with "[" or "{" needs quotes';
    case 'array':
      return typeof value === 'string' ? `write a list: [${value}]` : 'write its items on lines that begin with "- "';
    case 'boolean':
      return 'write true or false, without quotes';
    case 'number':
    case 'int':
      return 'write a number, without quotes';
    default:
      return 'write it as "key: value" lines';
  }
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function valueAt(data: unknown, path: YamlPath): unknown {
  let value = data;
  for (const part of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** The keys that the shape knows at the path, for "did you mean"; follows lists, optional values and every branch of a union. */
function knownKeys(shape: z.core.$ZodType, path: YamlPath): string[] {
  const definition = shape._zod.def as {
    type: string;
    innerType?: z.core.$ZodType;
    options?: z.core.$ZodType[];
    element?: z.core.$ZodType;
    shape?: Record<string, z.core.$ZodType>;
    valueType?: z.core.$ZodType;
  };
  if (definition.innerType) return knownKeys(definition.innerType, path);
  if (definition.options) return definition.options.flatMap((option) => knownKeys(option, path));
  const [head, ...rest] = path;
  if (head === undefined) return Object.keys(definition.shape ?? {});
  const next = definition.element ?? definition.shape?.[head] ?? definition.valueType;
  return next === undefined ? [] : knownKeys(next, rest);
}

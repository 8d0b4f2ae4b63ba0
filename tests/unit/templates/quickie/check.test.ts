// What is wrong with a template, and where: at the value or the name that is to be changed.
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { placeProblems } from '../../../../src/runbook/problem.ts';
import { checkTemplate } from '../../../../src/templates/quickie/check.ts';
import { findTemplate, parseLibrary } from '../../../../src/templates/quickie/library.ts';

/** `text where it stands: message`. */
async function told(entry: Readonly<Record<string, unknown>>): Promise<string[]> {
  const source = { file: 'q.yaml', text: stringify({ quickie_templates: { q: entry } }) };
  const parsed = await parseLibrary(source, { root: '', from: 'project' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const found = findTemplate({ places: [], entries: parsed.value, problems: [] }, 'q');
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  const placed = await placeProblems(await checkTemplate(found.value));
  return placed.map(({ message, place }) => {
    const { start, end } = place?.span ?? { start: 0, end: 0 };
    return `${source.text.slice(start, end).trim()}: ${message}`;
  });
}

const BLOB = { input_schema: { a: { type: 'blob' } }, prompt: 'P {{ a }}' };

describe('a choice that is not of its type', () => {
  test.each<[where: string, type: string, choices: readonly unknown[], wrong: readonly string[]]>([
    ['input_schema', 'integer', [1, '2', 'two', 2.5], ['"two"', '2.5']],
    ['input_schema', 'string', ['a', 1], []],
    ['input_schema', 'boolean', [true, 'no'], ['"no"']],
    ['output_schema', 'string', ['a', 1], ['1']],
    ['output_schema', 'integer', [1, 1.5], ['1.5']],
    ['output_schema', 'array', ['a'], ['"a"']],
  ])('of %s (%s: %j) is told: %j', async (where, type, choices, wrong) => {
    const entry = { prompt: where === 'input_schema' ? 'P {{ a }}' : 'P', [where]: { a: { type, enum: choices } } };
    const expected = wrong.map((choice) =>
      expect.stringContaining(`: the choice ${choice} is not of the type "${type}"`),
    );
    expect(await told(entry)).toEqual(expected);
  });
});

describe('an example', () => {
  test('gives the text of a blob as it is', async () => {
    expect(await told({ ...BLOB, examples: [{ input: { a: 'some text' }, output: 'o' }] })).toEqual([]);
  });

  test('is told at the name or the value that does not fit', async () => {
    const entry = {
      prompt: 'P {{ n }}',
      input_schema: { n: { type: 'integer' } },
      output_schema: { o: { type: 'boolean' } },
      examples: [{ input: { n: 'many', extra: 1 }, output: { o: 'maybe' } }],
    };
    expect(await told(entry)).toEqual([
      'many: example 1: the input "n" must be an integer; not "many"',
      'extra: example 1: there is no input "extra"',
      'maybe: example 1: /o must be boolean',
    ]);
  });
});

describe('an input that the prompt does not use', () => {
  const inputs = { input_schema: { name: { type: 'string' }, other: { type: 'string' } } };

  test('is told beside a variable that nobody declares', async () => {
    expect(await told({ ...inputs, prompt: '{{ name }} {{ nobody }}' })).toEqual([
      'other: the input "other" is declared, and the prompt does not use it',
      expect.stringContaining('"nobody", which nothing defines'),
    ]);
  });

  test('is not told where it is only misspelt there', async () => {
    expect(await told({ ...inputs, prompt: '{{ nam }} {{ other }}' })).toEqual([
      expect.stringContaining('"nam", which nothing defines'),
    ]);
  });
});

// The text of a new detail file says what was asked for, whatever characters that holds.
import { describe, expect, test } from 'vitest';
import { type DetailInput, detailText, STARTER_TEMPLATE } from '../../../src/authoring/detail-text.ts';
import { parseDetail } from '../../../src/runbook/parse.ts';
import { readFrontMatter } from '../../../src/templates/front-matter.ts';

const plain = { id: 'a', name: 'A', variables: [], schemaLine: false } as const;

async function read(input: DetailInput) {
  const parsed = await parseDetail({ file: 'f', text: detailText(input) });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

describe('text reads back as it was given', () => {
  const texts = [
    'plain',
    'a: b # c',
    "it's",
    '"quoted"',
    ' led by a blank',
    '- dash',
    'null',
    '1.5',
    '{{ x }}',
    'tab\there',
    'two\nlines',
    'two\n\nlines\n',
    '\nfirst',
    'ünï → 🎉',
    '\u0007bell',
    '%x',
    '@x',
    '`x`',
    'a\\b',
    '*x',
    '&x',
    '!x',
    '|',
    '>',
  ];
  test.each(texts)('%j', async (text) => {
    expect(await read({ ...plain, name: text, type: 'AUTOMATED_SCRIPT', script: text, output: text })).toMatchObject({
      name: text,
      script_details: text,
      output_artifact: text,
    });
    expect(await read({ ...plain, type: 'AI_ASSISTED', template: text })).toMatchObject({
      ai_details: { prompt_template: text },
    });
  });
});

test.each(['1', '1.5', 'null', 'true', '0x1', '1e3', 'a.b-c_d'])('the id %s stays text', async (id) => {
  expect(await read({ ...plain, id, type: 'MANUAL' })).toMatchObject({ id, status: 'PENDING', type: 'MANUAL' });
});

test('what is left to the person is there: a placeholder, or the values that the template needs', async () => {
  expect(await read({ ...plain, type: 'MANUAL' })).toHaveProperty(
    'manual_instructions',
    'Say here what has to be done.\n',
  );
  expect(detailText({ ...plain, type: 'AI_ASSISTED', template: 't', variables: ['topic', 'tone'] })).toContain(
    '  # input_context:\n  #   topic:\n  #   tone:\n',
  );
  expect(detailText({ ...plain, type: 'MANUAL', schemaLine: true })).toMatch(
    /^# yaml-language-server: \$schema=\.\.\/\.orchestrate\/schemas\/task\.json\nid: a\n/,
  );
});

test('the starter template has a sound head', async () => {
  expect(await readFrontMatter({ file: 't', text: STARTER_TEMPLATE })).toMatchObject({ ok: true });
});

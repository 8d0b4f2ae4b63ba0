// From a record of a batch to the question of a quickie.
import path from 'node:path';
import { expect, test } from 'vitest';
import { openQuickieQuestions } from '../../../src/quickies/batch.ts';
import { findTemplate, parseLibrary } from '../../../src/templates/quickie/library.ts';
import { makeFolder } from '../temporary.ts';

const TEMPLATES = 'quickie_templates: { q: { prompt: "P {{ a }}", input_schema: { a: { type: blob } } } }\n';

test('a record gives a blob by the name of its file; one that cannot be read is told', async () => {
  const root = makeFolder({ 'note.txt': 'some text' });
  const parsed = await parseLibrary({ file: 'q.yaml', text: TEMPLATES }, { root, from: 'project' });
  const template = parsed.ok ? findTemplate({ places: [], entries: parsed.value, problems: [] }, 'q') : parsed;
  if (!template.ok) throw new Error(JSON.stringify(template.error));
  const asked = { template: template.value, home: { root }, given: new Map(), model: 'm', defaultModel: undefined };
  const opened = await openQuickieQuestions(asked);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  const questionOf = (a: unknown) => opened.value.questionOf({ index: 0, line: 1, values: { a }, typed: false });
  expect(questionOf({ file: path.join(root, 'note.txt') })).toMatchObject({
    ok: true,
    value: { request: { messages: [{ role: 'user', content: 'P some text' }] } },
  });
  expect(questionOf({ file: path.join(root, 'none.txt') })).toMatchObject({
    ok: false,
    error: [{ message: expect.stringMatching(/must be a blob; .*none.txt does not exist/) }],
  });
});

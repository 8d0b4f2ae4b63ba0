// What is said of a template before its task starts: the same whether the template engine was needed to see it or not.
import { expect, test } from 'vitest';
import { checkTemplates } from '../../../src/run/handlers/ai/check.ts';
import type { AiTask } from '../../../src/run/handlers/ai/task.ts';
import { runbookOf } from '../making.ts';
import { makeFolder } from '../temporary.ts';

/** A tag that says nothing, so that the engine has to read it. */
const FOR_THE_ENGINE = '{% comment %}{% endcomment %}';

async function problemsOf(text: string | undefined, file = 'prompt_templates/a.txt'): Promise<string[]> {
  const root = makeFolder(text === undefined ? {} : { [file]: text });
  const ai = { prompt_template: file, input_context: { topic: 'cats' } };
  const runbook = runbookOf([{ id: 'a', type: 'AI_ASSISTED', work: { type: 'AI_ASSISTED', ai } }]);
  const found = await checkTemplates(root, runbook, runbook.tasks[0] as AiTask);
  return found.map(({ code, message }) => `${code}: ${message}`);
}

test.each([
  ['nothing but text', []],
  ['Write about {{ topic }}, {{task}} and {{ vars }}.\n', []],
  ['{{ previous_output }} {{ failure }}', []],
  ['', []],
  ['Write about {{ topci }}.', ['undefined-variable: the template uses the variable "topci", which nothing defines']],
  ['{{ topic }} {{ a }} {{ b }} {{ a }}', [/"a"/, /"b"/]],
  ['{{ task.colour }}', [/task\.colour/]],
  ['{{ topic }} {{ topic', [/./]],
])('%j', async (text, expected) => {
  const found = await problemsOf(text);
  expect(found).toEqual(
    expected.map((one) => (typeof one === 'string' ? one : (expect.stringMatching(one) as unknown as string))),
  );
  expect((await problemsOf(`${FOR_THE_ENGINE}${text}`)).map((one) => one.split(':')[0])).toEqual(
    found.map((one) => one.split(':')[0]),
  );
});

test('a template that is not there, lies outside, or declares more than it is given is told as ever', async () => {
  expect(await problemsOf(undefined)).toEqual([expect.stringMatching(/^missing-template/)]);
  expect(await problemsOf(undefined, '../a.txt')).toEqual([expect.stringMatching(/lies outside/)]);
  const declaring = '---\nvariables: {colour: {type: string}}\n---\n{{ colour }} {{ topic }}';
  expect(await problemsOf(declaring)).toEqual([
    expect.stringMatching(/^bad-variable: the variable "colour" is required/),
  ]);
});

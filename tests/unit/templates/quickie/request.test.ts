// From a template and values to the request: examples, images, settings; and what is printed of an answer.
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { outputOf, rulesOf } from '../../../../src/templates/quickie/answer.ts';
import { readBlob } from '../../../../src/templates/quickie/blob.ts';
import { findTemplate, parseLibrary } from '../../../../src/templates/quickie/library.ts';
import { loadPrompt } from '../../../../src/templates/quickie/prompt.ts';
import { buildRequest } from '../../../../src/templates/quickie/request.ts';
import type { QuickieTemplate } from '../../../../src/templates/quickie/types.ts';

async function templateOf(entry: Readonly<Record<string, unknown>>): Promise<QuickieTemplate> {
  const source = { file: 'q.yaml', text: stringify({ quickie_templates: { q: { prompt: 'P {{ a }}', ...entry } } }) };
  const parsed = await parseLibrary(source, { root: '', from: 'project' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const found = findTemplate({ places: [], entries: parsed.value, problems: [] }, 'q');
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  return found.value;
}

async function built(entry: Readonly<Record<string, unknown>>, values: Readonly<Record<string, unknown>>) {
  const template = await templateOf(entry);
  const prompt = await loadPrompt(template);
  if (!prompt.ok) throw new Error(JSON.stringify(prompt.error));
  const result = buildRequest(template, { prompt: prompt.value, values, model: 'm' });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const A = { input_schema: { a: { type: 'string' } } };

describe('the request', () => {
  test('S000: a temperature of 0.7, no bound, and JSON where an output is asked for', async () => {
    const { request } = await built({ ...A, output_schema: { o: { type: 'string', description: 'd' } } }, { a: 'x' });
    expect(request).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'P x' }],
      temperature: 0.7,
      responseSchema: {
        name: 'q',
        schema: {
          type: 'object',
          properties: { o: { type: 'string', description: 'd' } },
          required: ['o'],
          additionalProperties: false,
        },
        strict: true,
      },
    });
  });

  test('examples come before the question, filled as it is', async () => {
    const examples = [
      { input: { a: '1' }, output: { o: 'one' } },
      { input: {}, output: 'as it is' },
    ];
    const entry = { input_schema: { a: { type: 'string', default: 'd' } }, config: { format: 'text' }, examples };
    expect((await built(entry, { a: 'x' })).request.messages).toEqual([
      { role: 'user', content: 'P 1' },
      { role: 'assistant', content: 'one' },
      { role: 'user', content: 'P d' },
      { role: 'assistant', content: 'as it is' },
      { role: 'user', content: 'P x' },
    ]);
  });

  test('an image is a part of the message, and its bytes are kept once', async () => {
    const blob = readBlob('dir/dot.png', Buffer.from('89504e470d0a1a0a', 'hex'));
    if (!blob.ok || !('dataUrl' in blob.value)) throw new Error('no image');
    const { request, inputParams, promptText } = await built(
      { input_schema: { a: { type: 'blob' } } },
      { a: blob.value },
    );
    expect(promptText).toBe('P [image: dot.png]');
    expect(request.messages[0]?.content).toEqual([
      { type: 'text', text: promptText },
      { type: 'image_url', image_url: { url: blob.value.dataUrl } },
    ]);
    expect(JSON.stringify(inputParams)).not.toContain('base64');
    expect(inputParams['a']).toMatchObject({ type: 'blob', file: 'dir/dot.png', mediaType: 'image/png', bytes: 8 });
  });

  test('an object of the user that looks like a blob is none', async () => {
    const a = { type: 'blob', sha256: 'x', dataUrl: 'data:,' };
    const { request, inputParams } = await built({ input_schema: { a: { type: 'object' } } }, { a });
    expect(request.messages).toEqual([{ role: 'user', content: `P ${JSON.stringify(a, null, 2)}` }]);
    expect(inputParams).toEqual({ a });
  });
});

describe('what is printed', () => {
  const OUTPUT = { o: { type: 'string' } };
  test.each<[string, Readonly<Record<string, unknown>>, unknown, string, unknown]>([
    ['the one text that was asked for', { output_schema: OUTPUT }, { o: 'x' }, 'x', { o: 'x' }],
    [
      'one value that is no text, as JSON',
      { output_schema: { o: { type: 'array' } } },
      { o: [1] },
      '[\n  1\n]',
      { o: [1] },
    ],
    [
      'several outputs as the model wrote them',
      { output_schema: { ...OUTPUT, p: { type: 'string' } } },
      { o: 'x', p: 'y' },
      '{"o":"x","p":"y"}',
      { o: 'x', p: 'y' },
    ],
    ['JSON of any shape', { config: { format: 'json' } }, [1], '[1]', [1]],
  ])('%s', async (_what, entry, value, content, data) => {
    const rules = rulesOf(await templateOf({ ...A, ...entry }));
    expect(outputOf(rules, { content: JSON.stringify(value), value })).toEqual({ content, data });
  });

  test('text is text, and the one output that it stands for', async () => {
    const plain = rulesOf(await templateOf(A));
    expect(outputOf(plain, { content: 'x\n', value: undefined })).toEqual({ content: 'x\n', data: undefined });
    const named = rulesOf(await templateOf({ ...A, output_schema: OUTPUT, config: { format: 'markdown' } }));
    expect(outputOf(named, { content: 'x\n', value: undefined })).toEqual({ content: 'x\n', data: { o: 'x' } });
  });
});

// A quickie whose answer broke off, and an earlier call asked again: what was asked first, also where its answer took a second question.
import { expect, test } from 'vitest';
import { err, ok } from '../../../src/base/result.ts';
import type { ModelCalls } from '../../../src/calls/service.ts';
import type { Plan } from '../../../src/calls/types.ts';
import type { CallStore } from '../../../src/history/calls.ts';
import type { AskedBefore } from '../../../src/history/types.ts';
import { modelFailure, nothingSent } from '../../../src/model/provider.ts';
import { askedAgain, askQuickie, givenAgain, type QuickieParts } from '../../../src/quickies/service.ts';

const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const FIRST = { role: 'user', content: [{ type: 'text', text: 'Look' }, IMAGE] };
const SECOND = [
  { role: 'assistant', content: 'no JSON' },
  { role: 'user', content: 'That answer was not accepted' },
];

const before: AskedBefore = {
  id: 'i',
  templateName: 't',
  templateText: 'Look',
  promptHash: 'p',
  promptText: 'Look',
  requestHash: 'r',
  inputParams: { picture: { type: 'blob', file: 'a.png', mediaType: 'image/png', bytes: 3, sha256: 's' } },
  metadata: { provider: 'openai', alias: 'a', note: 'mine' },
  status: 'complete',
  source: 'quickie',
  request: { model: 'm', temperature: 0.7, messages: [FIRST, ...SECOND] },
  answerRules: { format: 'json' },
};

test('the first question goes out again, without the answer that was refused', () => {
  const again = askedAgain(before);
  expect(again).toMatchObject({
    ok: true,
    value: { request: { model: 'm', messages: [FIRST] }, about: { requestHash: 'r', metadata: { note: 'mine' } } },
  });
});

test('another model is another request', () => {
  const again = askedAgain(before, 'other');
  expect(again.ok && again.value.request.model).toBe('other');
  expect(again.ok && again.value.about.requestHash).not.toBe('r');
});

test('its image is found for the present template', () => {
  expect(givenAgain(before).get('picture')).toMatchObject({
    kind: 'blob',
    blob: { type: 'blob', file: 'a.png', dataUrl: IMAGE.image_url.url },
  });
});

test('a prompt that stands there in other words is asked whole', () => {
  const again = askedAgain({ ...before, promptText: 'other words' });
  expect(again.ok && again.value.request.messages).toHaveLength(3);
});

test.each([
  ['kept', undefined, ' To see it: orchestrate quickie show 12345678'],
  ['not kept', 'none' as const, ''],
])('what came of an answer that broke off is %s, and where is said', async (_what, keep, where) => {
  const models: ModelCalls = {
    plan: async () => ok({} as Plan),
    send: async (_plan, { hooks }) => {
      hooks.recorded?.('12345678-9abc');
      const fault = { code: 'truncated' as const, message: 'It was cut', advice: 'Ask again.', retryable: false };
      return err({ kind: 'model', failure: modelFailure(fault, nothingSent(0), 'some text') });
    },
  };
  const calls = async () => ok({} as CallStore);
  const prepared = askedAgain(before);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.error));
  const about = { ...prepared.value.about, ...(keep === undefined ? {} : { keep }) };
  const parts = { models, calls, report: () => undefined, ai: {} } as unknown as QuickieParts;
  expect(await askQuickie(parts, { ...prepared.value, about })).toEqual(
    err({ code: 'call-failed', message: 'it was cut', advice: `Ask again.${where}` }),
  );
});

// Asking for data through the service: one more question with what is wrong, a row for each, the same history.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ok } from '../../../src/base/result.ts';
import { createRedactor } from '../../../src/base/secrets.ts';
import { askForData, createModelCalls, type ModelCalls } from '../../../src/calls/service.ts';
import type { About, CallNews } from '../../../src/calls/types.ts';
import { openForReading } from '../../../src/database/read.ts';
import { type CallStore, HISTORY_DB, openCalls } from '../../../src/history/calls.ts';
import { HISTORY_MIGRATIONS } from '../../../src/history/migrations.ts';
import { createEnvironment } from '../../../src/system/environment.ts';
import { type ModelServer, startModelServer, streamed } from '../../rig/model-server.ts';
import { makeFolder } from '../temporary.ts';

const ABOUT: About = {
  source: 'quickie',
  templateName: 'title',
  templateText: 'Give a title',
  promptHash: 'h',
  promptText: 'Give a title',
  requestHash: 'r',
  inputParams: {},
};
const SCHEMA = { type: 'object', required: ['title'] };
const AI = { allowSecrets: [], confirmSend: false, envAllow: [] };

const stores: CallStore[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

function callsTo(server: ModelServer, root: string): ModelCalls {
  const redactor = createRedactor({});
  mkdirSync(path.join(root, 'config'));
  return createModelCalls({
    root,
    runId: 'run',
    environment: createEnvironment(root, { OPENAI_API_KEY: 'sk-test-0123456789', OPENAI_BASE_URL: server.url }),
    redactor,
    signal: new AbortController().signal,
    person: undefined,
    asked: undefined,
    flags: {},
    calls: async () => {
      const opened = openCalls(root, redactor);
      if (opened.ok) stores.push(opened.value);
      return opened;
    },
  });
}

function rows(root: string): unknown[] {
  const opened = openForReading({
    file: path.join(root, HISTORY_DB),
    migrations: HISTORY_MIGRATIONS,
  });
  if (!opened.ok || opened.value === undefined) throw new Error('no history');
  try {
    return opened.value.prepare('SELECT source, template_name, status, task_id FROM quickies ORDER BY rowid').all();
  } finally {
    opened.value.close();
  }
}

test.each<[string, readonly string[], { requests: number; problems: number; value: unknown }]>([
  ['that fits at once', ['{"title": 1}'], { requests: 1, problems: 0, value: { title: 1 } }],
  ['that fits the second time', ['{}', '{"title": 1}'], { requests: 2, problems: 0, value: { title: 1 } }],
  ['that never fits', ['{}', '[]', '{"title": 1}'], { requests: 2, problems: 1, value: [] }],
])('an answer %s', async (_name, answers, expected) => {
  await using server = await startModelServer();
  const root = makeFolder();
  server.enqueue(...answers.map((text) => streamed(text)));
  const news: CallNews[] = [];
  const asked = await askForData(callsTo(server, root), {
    ai: AI,
    request: {
      model: 'm',
      messages: [{ role: 'user', content: 'Give a title' }],
      responseSchema: { name: 'title', schema: SCHEMA },
    },
    about: ABOUT,
    output: { parser: 'json', schema: SCHEMA },
    hooks: { report: (one) => news.push(one), keepBesideIn: 'logs', recorded: () => ok(undefined) },
  });
  if (!asked.ok) throw new Error(JSON.stringify(asked.error));
  expect(asked.value.structured.value).toEqual(expected.value);
  expect(asked.value.structured.problems).toHaveLength(expected.problems);
  expect(server.requests).toHaveLength(expected.requests);
  if (expected.requests > 1) {
    expect(server.requests[1]?.body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(server.requests[1]?.body.messages[2]?.content).toContain("must have required property 'title'");
    expect(news).toContainEqual({ kind: 'note', message: expect.stringContaining('asking again') });
  }
  const row = { source: 'quickie', template_name: 'title', status: 'complete', task_id: null };
  expect(rows(root)).toEqual(Array.from({ length: expected.requests }, () => row));
});

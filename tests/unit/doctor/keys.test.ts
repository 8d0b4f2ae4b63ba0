// Who would answer a prompt, and why, in words; the host of an address and never the rest of it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyCheck, providerCheck, recordingsCheck } from '../../../src/doctor/keys.ts';
import { loadRunbook } from '../../../src/runbook/store.ts';
import type { Runbook } from '../../../src/runbook/task.ts';
import { createEnvironment } from '../../../src/system/environment.ts';

let folder: string;
const write = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'orchestrate-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function runbook(ai: string, type = 'AI_ASSISTED'): Promise<Runbook> {
  write('runbook.yaml', `ai: {${ai}}\ntasks: [{id: a, name: A, type: ${type}}]\n`);
  const loaded = await loadRunbook(folder);
  if (!loaded.ok) throw new Error('not loaded');
  return loaded.value;
}

type Case = {
  ai?: string;
  type?: string;
  env?: Record<string, string>;
  file?: string;
  asked?: 'openai' | 'replay' | 'paste';
};

async function check({ ai = '', type, env = {}, file = '', asked }: Case) {
  write('.env', file);
  const environment = createEnvironment(folder, { HOME: folder, XDG_CONFIG_HOME: path.join(folder, 'config'), ...env });
  return providerCheck({ environment, runbook: await runbook(ai, type), asked });
}

const KEY = { OPENAI_API_KEY: 'sk-secret-value' };
const IN_FILE = 'OPENAI_API_KEY=sk-secret-value\n';

test.each<[string, Case, string, RegExp]>([
  ['no task for a model', { type: 'MANUAL' }, 'ok', /^no task needs a model$/],
  ['nothing set', {}, 'ok', /a recording that fits, else by you, by pasting \(no OPENAI_API_KEY\)/],
  ['a key', { env: KEY }, 'ok', /^prompts go to api\.openai\.com \(OPENAI_API_KEY is set\)$/],
  [
    'replay in the runbook, in spite of a key',
    { ai: 'provider: replay', env: KEY },
    'ok',
    /from the recordings \(runbook\.yaml says so\)/,
  ],
  [
    '--provider wins over the runbook',
    { ai: 'provider: replay', asked: 'paste' },
    'ok',
    /by pasting \(asked for by --provider\)/,
  ],
  ['openai without a key', { ai: 'provider: openai' }, 'warning', /OPENAI_API_KEY is not set/],
  [
    'a server of their own wants no key',
    { ai: 'provider: openai', env: { OPENAI_BASE_URL: 'http://localhost:11434/v1' } },
    'ok',
    /localhost:11434, without a key/,
  ],
  [
    'a password in the address is not shown',
    { env: { ...KEY, OPENAI_BASE_URL: 'https://me:pass@example.org/v1' } },
    'ok',
    /^prompts go to example\.org \(/,
  ],
  [
    'an address that is none is not shown either',
    { env: { ...KEY, OPENAI_BASE_URL: 'me:pass' } },
    'warning',
    /^what environment names as the server is no address$/,
  ],
  [
    'a key of .env may go where .env says',
    { file: `${IN_FILE}OPENAI_BASE_URL=https://example.org\n` },
    'ok',
    /example\.org/,
  ],
  [
    'a key of .env may not go where only the runbook says',
    { ai: 'base_url: https://evil.example', file: IN_FILE },
    'warning',
    /the key of \.env would go to evil\.example, which only runbook\.yaml names/,
  ],
  [
    'a key of the environment may not go where only .env says',
    { env: KEY, file: 'OPENAI_BASE_URL=https://evil.example\n' },
    'warning',
    /the key of your environment would go to evil\.example, which only \.env names/,
  ],
])('%s', async (_, input, level, message) => {
  const found = await check(input);
  expect(found).toMatchObject({ level, message: expect.stringMatching(message) });
  expect(JSON.stringify(found)).not.toMatch(/secret|pass@/);
});

test('where the key comes from is told, the key is not', () => {
  write('.env', IN_FILE);
  expect(keyCheck(createEnvironment(folder, {})).message).toBe('OPENAI_API_KEY is set (.env)');
  expect(keyCheck(createEnvironment(folder, KEY)).message).toBe('OPENAI_API_KEY is set (environment)');
});

test('recordings that cannot be read are named with their line', async () => {
  expect((await recordingsCheck(folder, 'recordings')).message).toBe('there are no recordings');
  write('recordings/good.yaml', 'request: {model: m, messages: [{role: user, content: a}]}\nanswer: {text: b}\n');
  write('recordings/notes.txt', 'not looked at');
  expect(await recordingsCheck(folder, 'recordings')).toMatchObject({
    level: 'ok',
    message: '1 recording can be read',
  });
  write('recordings/bad.yaml', '# a comment\nrequest: {model: m, messages: []}\nanswer: {text: b}\n');
  write('recordings/worse.yaml', 'a: [');
  expect(await recordingsCheck(folder, 'recordings')).toMatchObject({
    level: 'warning',
    message: expect.stringMatching(/^recordings\/bad\.yaml:2: .* \(and 1 more\)$/),
  });
});

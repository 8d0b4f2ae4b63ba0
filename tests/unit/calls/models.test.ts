// config/models.yaml: what an alias stands for, and what is wrong with the file.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadModels, type Models, resolveModel } from '../../../src/calls/models.ts';
import { makeFolder } from '../temporary.ts';

async function modelsOf(text: string | undefined) {
  const root = makeFolder();
  mkdirSync(path.join(root, 'config'));
  if (text !== undefined) writeFileSync(path.join(root, 'config/models.yaml'), text);
  return loadModels({ root });
}

async function read(text: string | undefined): Promise<Models> {
  const models = await modelsOf(text);
  if (!models.ok) throw new Error(JSON.stringify(models.error));
  return models.value;
}

const ALIASES = 'aliases:\n  default:small: gpt-4o-mini\n  "default:large": big\n  big: gpt-5\n';

test.each<[text: string | undefined, asked: string, model: string]>([
  [ALIASES, 'default:small', 'gpt-4o-mini'],
  [ALIASES, 'default:large', 'gpt-5'],
  [ALIASES, 'gpt-4o', 'gpt-4o'],
  [undefined, 'llama3:8b', 'llama3:8b'],
  ['', 'gpt-4o', 'gpt-4o'],
  ['aliases:\n', 'toString', 'toString'],
])('in %j, %s stands for %s', async (text, asked, model) => {
  expect(resolveModel(await read(text), asked)).toEqual({ ok: true, value: model });
});

test('a default: that nobody defines is an error that says how to define it', async () => {
  const found = resolveModel(await read(ALIASES), 'default:smal');
  expect(found).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining('"default:smal"'), advice: expect.stringContaining('"default:small"') },
  });
});

test('prices are per million tokens, with or without a price for cached ones', async () => {
  const { prices } = await read('prices:\n  local: {input: 0, output: 0}\n  big: {input: 2, cached: 0.2, output: 8}\n');
  expect(prices).toEqual({ local: { input: 0, output: 0 }, big: { input: 2, cached: 0.2, output: 8 } });
});

describe('an error', () => {
  test.each<[text: string, code: string]>([
    ['prices:\n  m: {input: -1, output: 2}\n', 'wrong-value'],
    ['prices:\n  m: {output: 2}\n', 'missing-key'],
    ['price:\n  m: {input: 1, output: 2}\n', 'unknown-key'],
    ['aliases: {a: b, b: a}\n', 'alias-circle'],
    ['aliases: {a: a}\n', 'alias-circle'],
    ['aliases: [a\n', 'yaml-syntax'],
  ])('in %j is told as %s', async (text, code) => {
    const models = await modelsOf(text);
    expect(models.ok ? [] : models.error.map((problem) => problem.code)).toContain(code);
  });
});

describe("the user's own models.yaml", () => {
  const USERS = 'aliases: {"default:small": own, mine: gpt-5}\nprices:\n  own: {input: 1, output: 2}\n';

  async function both(project: string | undefined): Promise<Models> {
    const [root, userRoot] = [makeFolder(), makeFolder()];
    mkdirSync(path.join(root, 'config'));
    if (project !== undefined) writeFileSync(path.join(root, 'config/models.yaml'), project);
    writeFileSync(path.join(userRoot, 'models.yaml'), USERS);
    const models = await loadModels({ root, userRoot });
    if (!models.ok) throw new Error(JSON.stringify(models.error));
    return models.value;
  }

  test.each<[project: string | undefined, asked: string, model: string]>([
    [undefined, 'default:small', 'own'],
    [ALIASES, 'default:small', 'gpt-4o-mini'],
    [ALIASES, 'mine', 'gpt-5'],
  ])('serves where the project %j does not name it: %s is %s', async (project, asked, model) => {
    const models = await both(project);
    expect(resolveModel(models, asked)).toEqual({ ok: true, value: model });
    expect(models.prices).toHaveProperty('own');
  });

  test('is where a name is to be added outside of projects', async () => {
    const userRoot = makeFolder();
    const models = await loadModels({ root: userRoot, userRoot });
    const found = models.ok ? resolveModel(models.value, 'default:small') : undefined;
    expect(found).toMatchObject({ ok: false, error: { advice: expect.stringContaining(`${userRoot}/models.yaml`) } });
  });
});

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPrompt, type PromptHome } from '../../../src/prompts/open-prompt.ts';
import { makeFolder } from '../temporary.ts';

function home(): PromptHome {
  const base = makeFolder({
    'project/prompt_templates/say.md': 'Say it.',
    'project/prompt_templates/team/deep.txt': 'Deep.',
    'project/prompt_templates/two.md': 'a',
    'project/prompt_templates/two.txt': 'b',
    'project/notes/loose.md': 'Loose.',
    'user/prompt_templates/say.md': 'The user says it.',
    'user/prompt_templates/own.md': 'Own {{ x }}.',
    'outside.md': 'Outside.',
  });
  return { kind: 'project', root: path.join(base, 'project'), userRoot: path.join(base, 'user') };
}

describe('a prompt is found by name or path, the project before the user', () => {
  test.each([
    ['say', 'project', 'prompt_templates/say.md'],
    ['say.md', 'project', 'prompt_templates/say.md'],
    ['prompt_templates/say.md', 'project', 'prompt_templates/say.md'],
    ['team/deep', 'project', 'prompt_templates/team/deep.txt'],
    ['two.txt', 'project', 'prompt_templates/two.txt'],
    ['notes/loose.md', 'project', 'notes/loose.md'],
    ['own', 'user', 'prompt_templates/own.md'],
  ])('%s', async (name, from, file) => {
    const opened = await openPrompt(home(), name);
    expect(opened).toMatchObject({ ok: true, value: { from, file } });
  });
  test('also by its absolute path', async () => {
    const places = home();
    const opened = await openPrompt(places, path.join(places.root, 'notes/loose.md'));
    expect(opened).toMatchObject({ ok: true, value: { file: 'notes/loose.md' } });
  });
});

test('what was read before serves as long as the files say the same', async () => {
  const root = makeFolder({
    'prompt_templates/a.md': 'One.',
    'prompt_templates/b.md': "{% render 'part' %}",
    'prompt_templates/part.md': 'Part one.',
  });
  const open = async (name: string) => {
    const opened = await openPrompt({ kind: 'user', root, userRoot: root }, name);
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    const filled = opened.value.messagesOf({});
    return { prompt: opened.value, text: filled.ok && filled.value[0]?.content };
  };
  const before = await open('a');
  expect((await open('a')).prompt).toBe(before.prompt);
  writeFileSync(path.join(root, 'prompt_templates/a.md'), 'Two.');
  expect((await open('a')).text).toBe('Two.');
  expect((await open('b')).text).toBe('Part one.');
  writeFileSync(path.join(root, 'prompt_templates/part.md'), 'Part two.');
  const after = await open('b');
  expect(after.text).toBe('Part two.');
  expect(after.prompt.hash).not.toBe(before.prompt.hash);
});

describe('no prompt', () => {
  test.each([
    ['sya', 'did you mean "say"?'],
    ['../../outside.md', 'write it there'],
    ['', 'write it there'],
    ['\u001b[31m', 'write it there'],
    ['two', 'with its extension'],
    ['team', 'write it there'],
  ])('%j', async (name, advice) => {
    const opened = await openPrompt(home(), name);
    expect(opened.ok || opened.error[0]?.advice).toContain(advice);
    expect(JSON.stringify(opened)).not.toContain(String.raw`\u001b`);
  });
});

test('the system text is filled as the body is, and its problems point at it', async () => {
  const at = (text: string) => {
    const root = makeFolder({ 'prompt_templates/a.md': text });
    return openPrompt({ kind: 'user', root, userRoot: root }, 'a');
  };
  const good = await at('---\nsystem: "For {{ who }}: {{ n | plus: 1 }}"\n---\nDo {{ n }}.\n');
  expect(good.ok && good.value.uses.toSorted()).toEqual(['n', 'who']);
  expect(good.ok && good.value.messagesOf({ who: '{{ n }}', n: 1 })).toEqual({
    ok: true,
    value: [
      { role: 'system', content: 'For {{ n }}: 2' },
      { role: 'user', content: 'Do 1.\n' },
    ],
  });
  const bad = await at('---\nsystem: "For {{ who"\n---\nDo it.\n');
  expect(bad.ok || bad.error).toMatchObject([
    { message: expect.stringMatching(/^system: /), spot: { path: ['system'] } },
  ]);
});

// Holds the sources to the shape of design.md §10, and the rules themselves to small examples of what they must find.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf } from './architecture/imports.ts';
import { type Sources, violations } from './architecture/rules.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

function readSources(): Sources {
  const files = globSync('src/**/*.ts', { cwd: ROOT }).map((file) => file.replaceAll(path.sep, '/'));
  return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]));
}

/** Files of one statement each, with the comment that every file begins with. */
function sources(files: Readonly<Record<string, string>>): Sources {
  return Object.fromEntries(Object.entries(files).map(([file, text]) => [file, `// What it is.\n${text}\n`]));
}

test('the sources keep to the layers, the doors and the sizes', () => {
  const read = readSources();
  expect(Object.keys(read)).toEqual(expect.arrayContaining(['src/main.ts', 'src/app.ts', 'src/base/result.ts']));
  expect(violations(read)).toEqual([]);
});

describe('imports are found', () => {
  test.each([
    ["import a from './a.ts';", './a.ts'],
    ["import './a.ts';", './a.ts'],
    ["import * as a from './a.ts';", './a.ts'],
    ["import a, { b as c } from './a.ts';", './a.ts'],
    ["import {\n  a,\n  type B,\n} from './a.ts';", './a.ts'],
    ["import type { A } from './a.ts';", './a.ts'],
    ["export { a } from './a.ts';", './a.ts'],
    ["export type { A } from './a.ts';", './a.ts'],
    ["export * from './a.ts';", './a.ts'],
    ["export * as a from './a.ts';", './a.ts'],
    ["const { a } = await import('./a.ts');", './a.ts'],
    ["const later = () => import(\n  './a.ts'\n);", './a.ts'],
    ["type A = import('./a.ts').A;", './a.ts'],
    ["const a = require('./a.ts');", './a.ts'],
    ['import a from "yaml";', 'yaml'],
    ['const a = await import(name);', undefined],
    ['const a = await import(`./a-${name}.ts`);', undefined],
    ["import { a, /* why */ b } from './a.ts';", undefined],
  ])('%s', (text, specifier) => {
    expect(importsOf(text).map((one) => one.specifier)).toEqual([specifier]);
  });

  test.each([
    ["// import a from './a.ts';"],
    ["/** as in `import('./a.ts')` */"],
    ["  * import a from './a.ts';"],
    ["export const from = 'a';"],
    ["export function a() {\n  return b;\n}\nconst c = 'from';"],
    ['const important = 1;'],
  ])('and none where there is none: %s', (text) => {
    expect(importsOf(text)).toEqual([]);
  });

  test('each with the line it begins on', () => {
    const text =
      "// A file.\n\nimport {\n  a,\n} from './a.ts';\nimport './b.ts';\n\nexport const c = () => import('./c.ts');\n";
    expect(importsOf(text).map(({ line }) => line)).toEqual([3, 6, 8]);
  });
});

describe('allowed', () => {
  test.each([
    ['a layer below', 'src/run/loop.ts', "import type { Task } from '../runbook/task.ts';"],
    ['a layer far below', 'src/commands/run.ts', "import { ok } from '../base/result.ts';"],
    ['the same folder', 'src/run/loop.ts', "import { attempt } from './attempt.ts';"],
    ['a subfolder of the same folder', 'src/run/attempt.ts', "import('./handlers/script.ts')"],
    ['main: the program', 'src/main.ts', "import { buildProgram } from './program.ts';"],
    ['main: a command', 'src/main.ts', "import('./commands/outcome.ts')"],
    ['a command: the wiring', 'src/commands/run.ts', "import { openSession } from '../app.ts';"],
    ['the wiring: the terminal', 'src/app.ts', "import('./terminal/person.ts')"],
    ['files, in system', 'src/system/files.ts', "import { readFileSync } from 'node:fs';"],
    ['the command tree, in program', 'src/program.ts', "import { Command } from 'commander';"],
    ['a package without a door', 'src/runbook/full.ts', "import { parse } from 'yaml';"],
    ['a package whose name begins like another', 'src/run/loop.ts', "import a from 'orange';"],
  ])('%s', (_what, file, text) => {
    expect(violations(sources({ [file]: text }))).toEqual([]);
  });
});

describe('found', () => {
  test.each([
    ['an upward import', 'src/run/loop.ts', "import { draw } from '../terminal/style.ts';", 'upwards'],
    ['an upward type import', 'src/model/paste.ts', "import type { Task } from '../runbook/task.ts';", 'upwards'],
    ['an upward dynamic import', 'src/system/files.ts', "import('../model/openai.ts')", 'upwards'],
    ['an upward re-export', 'src/base/text.ts', "export { a } from '../system/files.ts';", 'upwards'],
    ['the wiring importing a command', 'src/app.ts', "import { run } from './commands/run.ts';", 'upwards'],
    ['the terminal importing the wiring', 'src/terminal/person.ts', "import type { App } from '../app.ts';", 'upwards'],
    [
      'a command importing the program',
      'src/commands/run.ts',
      "import { buildProgram } from '../program.ts';",
      'upwards',
    ],
    ['a sibling', 'src/journal/memory.ts', "import { openCalls } from '../history/calls.ts';", 'sibling'],
    ['a sibling service', 'src/quickies/quickie.ts', "import { runLoop } from '../run/loop.ts';", 'sibling'],
    ['a folder that no layer knows', 'src/utils/misc.ts', '', 'no folder of the layer list'],
    [
      'an import from such a folder',
      'src/run/loop.ts',
      "import { a } from '../utils/misc.ts';",
      'no folder of the layer list',
    ],
    [
      'an import from outside src/',
      'src/run/loop.ts',
      "import { a } from '../../scripts/build.mjs';",
      'no folder of the layer list',
    ],
    ['a computed import', 'src/run/loop.ts', 'await import(name)', 'computed'],
    ['node:fs elsewhere', 'src/run/loop.ts', "import { readFileSync } from 'node:fs';", 'node:fs'],
    ['fs without its prefix', 'src/run/loop.ts', "import { readFileSync } from 'fs';", 'only src/system/'],
    ['node:fs/promises elsewhere', 'src/run/loop.ts', "import * as fs from 'node:fs/promises';", 'node:fs'],
    ['node:child_process elsewhere', 'src/model/openai.ts', "import('node:child_process')", 'node:child_process'],
    ['better-sqlite3 elsewhere', 'src/history/calls.ts', "import Database from 'better-sqlite3';", 'src/database/'],
    ['openai elsewhere', 'src/run/provider.ts', "import type { OpenAI } from 'openai/resources';", 'src/model/'],
    ['liquidjs elsewhere', 'src/run/context.ts', "import { Liquid } from 'liquidjs';", 'src/templates/'],
    ['prompts elsewhere', 'src/commands/run.ts', "import('@inquirer/prompts')", 'src/terminal/'],
    ['ora elsewhere', 'src/run/loop.ts', "import ora from 'ora';", 'src/terminal/'],
    ['commander elsewhere', 'src/commands/run.ts', "import { Command } from 'commander';", 'src/program.ts'],
    ['ajv elsewhere', 'src/base/text.ts', "import { Ajv } from 'ajv';", 'src/base/json-schema.ts'],
    ['process.exit', 'src/commands/run.ts', 'process.exit(1);', 'process.exit'],
    ['process.exitCode', 'src/main.ts', 'process.exitCode = 1;', 'process.exitCode'],
    ['the console', 'src/base/text.ts', "console.error('a');", 'console'],
    ['a file that is too long', 'src/base/text.ts', 'a\n'.repeat(399), 'has 401 lines'],
  ])('%s', (_what, file, text, words) => {
    const found = violations(sources({ [file]: text }));
    expect(found).toEqual([expect.stringContaining(words)]);
    expect(found[0]).toContain(file);
  });

  test('a first line that is not a comment', () => {
    expect(violations({ 'src/base/text.ts': 'export const a = 1;\n' })).toEqual([
      'src/base/text.ts:1: does not begin with a comment that says what it is',
    ]);
  });

  test('the line of an import', () => {
    const files = sources({ 'src/base/text.ts': "\nimport {\n  a,\n} from '../run/loop.ts';" });
    expect(violations(files)).toEqual(['src/base/text.ts:3: imports upwards: src/run/loop.ts']);
  });

  test('a cycle between files, types counted, once', () => {
    const files = sources({
      'src/run/a.ts': "import { b } from './b.ts';",
      'src/run/b.ts': "import type { C } from './c.ts';",
      'src/run/c.ts': "export const later = () => import('./a.ts');",
      'src/run/d.ts': "import { b } from './b.ts';",
    });
    expect(violations(files)).toEqual(['cycle: src/run/a.ts -> src/run/b.ts -> src/run/c.ts -> src/run/a.ts']);
  });

  test('a file that imports itself', () => {
    const files = sources({ 'src/run/a.ts': "import { a } from './a.ts';" });
    expect(violations(files)).toEqual(['cycle: src/run/a.ts -> src/run/a.ts']);
  });

  test('no cycle where two ways lead to one file', () => {
    const files = sources({
      'src/run/a.ts': "import './b.ts';\nimport './c.ts';",
      'src/run/b.ts': "import './d.ts';",
      'src/run/c.ts': "import './d.ts';",
      'src/run/d.ts': '',
    });
    expect(violations(files)).toEqual([]);
  });
});

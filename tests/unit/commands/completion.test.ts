// The completion scripts are made of the commander tree: what it has, they have.
import { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { bashScript } from '../../../src/commands/completion/bash.ts';
import { fishScript } from '../../../src/commands/completion/fish.ts';
import { allNodes, completionTree } from '../../../src/commands/completion/tree.ts';
import { zshScript } from '../../../src/commands/completion/zsh.ts';
import { buildProgram } from '../../../src/program.ts';

const program = await buildProgram({
  run: async () => undefined,
  version: '0.0.0',
  stdout: () => ({ write: () => undefined, columns: () => 80 }),
}).whole();
const nodes = allNodes(completionTree(program));
const node = (path: string) => nodes.find((one) => one.path === path);
const takes = (path: string, name: string) => node(path)?.flags.find(({ names }) => names.includes(name))?.takes;

test('every visible command is there, and no hidden one', () => {
  const below = (command: Command, path: string): string[] =>
    program
      .createHelp()
      .visibleCommands(command)
      .flatMap((child) => [`${path} ${child.name()}`, ...below(child, `${path} ${child.name()}`)]);
  const visible = below(program, 'orchestrate');
  expect(nodes.map(({ path }) => path)).toEqual(['orchestrate', ...visible]);
  expect(visible).not.toContain('orchestrate complete-words');
});

test('options of the program stand at every command, but its version', () => {
  for (const { flags } of nodes.slice(1)) {
    const names = flags.flatMap((flag) => flag.names);
    expect(names).toEqual(expect.arrayContaining(['-C', '--json', '--provider', '--help']));
    expect(names).not.toContain('--version');
    expect(new Set(names).size).toBe(names.length);
  }
});

test.each([
  ['orchestrate', '--provider', { values: { kind: 'words', words: ['openai', 'replay', 'paste'] }, many: false }],
  ['orchestrate', '-C', { values: { kind: 'folders' }, many: false }],
  ['orchestrate run', '--only', { values: { kind: 'tasks' }, many: true }],
  ['orchestrate run', '--until', { values: { kind: 'tasks' }, many: false }],
  ['orchestrate logs', '--until', { values: { kind: 'text' }, many: false }],
  ['orchestrate add', '--depends-on', { values: { kind: 'tasks' }, many: true }],
  ['orchestrate add', '--template', { values: { kind: 'files' }, many: false }],
  ['orchestrate review', '--retry', { values: { kind: 'text' }, many: false }],
  ['orchestrate status', '--all', undefined],
  ['orchestrate quickie run', '--param', { values: { kind: 'inputs' }, many: false }],
  ['orchestrate quickie list', '--template', { values: { kind: 'quickies' }, many: false }],
])('%s %s', (path, name, expected) => {
  expect(takes(path, name)).toEqual(expected);
});

test.each([
  ['orchestrate next', [{ values: { kind: 'tasks' }, many: false }]],
  ['orchestrate reset', [{ values: { kind: 'tasks' }, many: true }]],
  ['orchestrate add', [{ values: { kind: 'text' }, many: false }]],
  ['orchestrate init', [{ values: { kind: 'folders' }, many: false }]],
  [
    'orchestrate schema',
    [
      {
        values: { kind: 'words', words: ['runbook', 'task', 'template', 'recording', 'models', 'quickies', 'events'] },
        many: false,
      },
    ],
  ],
])('the arguments of %s', (path, places) => {
  expect(node(path)?.places).toEqual(places);
});

test('commands below commands and text that would steer a shell are taken as they are', () => {
  const tool = new Command('tool').description('d');
  const group = tool.command('group').description('it\'s `x` $(y) \\ "z":');
  group
    .command('inner')
    .description('i')
    .addOption(new Option('--as <how>', 'q').choices(['one', 'two']));
  const tree = completionTree(tool);
  expect(allNodes(tree).map(({ path }) => path)).toContain('tool group inner');
  expect(bashScript(tree)).toContain("'tool group inner --as') want='one two' ;;");
  expect(zshScript(tree)).toContain(String.raw`'group:it'\''s ${'`x`'} $(y) \ "z":'`);
  expect(fishScript(tree)).toContain(String.raw`'group	it\'s ${'`x`'} $(y) \\ "z":'`);
});

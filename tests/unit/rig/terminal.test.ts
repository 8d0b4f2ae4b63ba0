// The rig's pseudo-terminal: keys in, screen out, ends.
import path from 'node:path';
import { expect, test } from 'vitest';
import { createProject } from '../../rig/project.ts';

const code = (text: string) => ({ program: ['-e', text, '--'] });
const PROMPTS = path.resolve(import.meta.dirname, '../../../node_modules/@inquirer/prompts/dist/index.js');

test('the program has a terminal of the size asked for', async () => {
  await using project = await createProject();
  const program = code(`
    const { stdin, stdout, stderr } = process;
    console.log(stdin.isTTY, stdout.isTTY, stderr.isTTY, stdout.columns, stdout.rows, process.env.TERM, process.argv[1]);`);
  await using terminal = await project.terminal(['a b'], { ...program, cols: 100, rows: 20 });
  await terminal.waitFor('true true true 100 20 xterm-256color a b\n');
  expect(await terminal.exit).toEqual({ code: 0, signal: null });
});

test('text and keys reach the program, and the screen shows what a person sees', async () => {
  await using project = await createProject();
  const program = code(`
    const rl = require('readline').createInterface({ input: process.stdin, output: process.stdout });
    rl.question('name? ', (name) => { console.log('\\x1b[32mhello ' + name + '\\x1b[0m'); rl.close(); process.exitCode = 4; });`);
  await using terminal = await project.terminal([], program);
  await terminal.waitFor('name? ');
  terminal.type('worle');
  terminal.key('backspace');
  terminal.type('d');
  terminal.key('enter');
  await terminal.waitFor('hello world');
  expect(await terminal.exit).toEqual({ code: 4, signal: null });
  expect(terminal.screen()).toBe('name? world\nhello world');
  expect(terminal.raw()).toContain('\x1b[32mhello world');
  expect(terminal.text()).not.toContain('\x1b');
});

test('a select prompt is led with the arrow keys, and its redrawing leaves one line', async () => {
  await using project = await createProject();
  const program = code(`
    const { select } = require(${JSON.stringify(PROMPTS)});
    select({ message: 'Now?', choices: ['accept', 'retry', 'quit'] }).then((answer) => console.log('chose ' + answer));`);
  await using terminal = await project.terminal([], program);
  await terminal.waitFor('Now?');
  await terminal.waitForScreen(/❯ accept\n\s+retry\n\s+quit/);
  terminal.key('down');
  await terminal.waitForScreen('❯ retry');
  terminal.key('down');
  terminal.key('up');
  terminal.key('enter');
  await terminal.waitFor('chose retry');
  expect(terminal.screen()).toBe('✔ Now? retry\nchose retry');
});

test.each([
  ['ctrl-c', { code: null, signal: 'SIGINT' }],
  ['ctrl-d', { code: 5, signal: null }],
] as const)('%s works as in a terminal', async (key, exit) => {
  await using project = await createProject();
  const program = code("console.log('up'); process.stdin.resume().on('end', () => process.exit(5))");
  await using terminal = await project.terminal([], program);
  await terminal.waitFor('up');
  terminal.key(key);
  expect(await terminal.exit).toEqual(exit);
});

test('signals are reported by name', async () => {
  await using project = await createProject();
  await using terminal = await project.terminal([], code("console.log('up'); setInterval(() => {}, 1000)"));
  await terminal.waitFor('up');
  terminal.kill('SIGKILL');
  expect(await terminal.exit).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a hang-up reaches the program as SIGHUP, and its terminal is gone', async () => {
  await using project = await createProject();
  const program = code(`
    const fs = require('fs');
    // Tried again: a process that another test is just starting may hold the other end for a moment.
    const write = () => {
      try { fs.writeSync(1, 'x'); } catch (error) { fs.writeFileSync('seen', error.code); process.exit(6); }
    };
    process.on('SIGHUP', () => setInterval(write, 5));
    console.log('up');
    setInterval(() => {}, 1000);`);
  await using terminal = await project.terminal([], program);
  await terminal.waitFor('up');
  terminal.hangUp();
  expect(await terminal.exit).toEqual({ code: 6, signal: null });
  expect(await project.read('seen')).toBe('EIO');
});

test('a wait that fails shows the screen', async () => {
  await using project = await createProject();
  await using terminal = await project.terminal([], code("console.log('old\\rnew'); setInterval(() => {}, 1000)"));
  await terminal.waitFor('new');
  await expect(terminal.waitFor('never', 50)).rejects.toThrow(/within 50 ms\nwaited for never[^]*\n-+\nnew\n-+$/);
  await expect(terminal.waitForScreen(/never/, 50)).rejects.toThrow(/on the screen:\n-+\nnew\n-+$/);
});

test('a wait fails at once when the program has ended', async () => {
  await using project = await createProject();
  await using terminal = await project.terminal([], code("console.log('bye'); process.exit(2)"));
  await expect(terminal.waitFor('never')).rejects.toThrow(/the program has ended \({"code":2,"signal":null}\)[^]*bye/);
});

test('output up to the very end is seen', async () => {
  await using project = await createProject();
  const program = code("for (let i = 0; i < 2000; i += 1) console.log('line ' + i)");
  await using terminal = await project.terminal([], program);
  await terminal.exit;
  expect(terminal.text().split('\n').slice(-2)).toEqual(['line 1999', '']);
  expect(terminal.screen().split('\n')).toHaveLength(29);
});

test('a program that still runs is ended with the test', async () => {
  await using project = await createProject();
  {
    await using terminal = await project.terminal(
      [],
      code("process.on('SIGHUP', () => {}); console.log('up'); setInterval(() => {}, 1000)"),
    );
    await terminal.waitFor('up');
  }
  expect(project.processes()).toEqual([]);
});

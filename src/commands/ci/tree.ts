// The options of `run` for pipelines, as commander needs them. Loads nothing of what they do.

import { type Command, InvalidArgumentError } from 'commander';
import type { App } from '../../app.ts';

type Run = (command: (app: App) => Promise<number>) => Promise<void>;

/** What `run` takes besides its own options. */
export function withCiOptions(command: Command): Command {
  return command
    .option('--ci', 'ask nobody; check everything first; run what needs no person')
    .option('--junit <file>', 'write a report as JUnit XML, also when the run fails')
    .option(
      '--fresh',
      'run the whole from its beginning on a copy of the states; the files of the project stay as they are',
    )
    .option('--state <file>', 'with --fresh: the states to go on from, and where they are left')
    .option('--waiting-exit <code>', 'the exit code instead of 3 when tasks wait for a person', exitCode);
}

/** What `run`, `next` and `review` take. */
export function withVars(command: Command): Command {
  const collect = (value: string, former: readonly string[] = []) => [...former, value];
  return command.option(
    '--var <name=value>',
    'a variable of the runbook, for this command alone (repeatable)',
    collect,
  );
}

function exitCode(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 255) throw new InvalidArgumentError('Give an exit code from 0 to 255.');
  return number;
}

function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('Give a number of seconds.');
  return number;
}

/** `orchestrate state …`. */
export function stateFileCommands(program: Command, run: Run): void {
  const state = program
    .command('state')
    .summary('take the states of the tasks from one machine to another')
    .description('Writes how far each task has come to a file of its own, and takes such a file over.');
  state
    .command('export')
    .summary('write the states to a file')
    .argument('[file]', 'the file (default: stdout)')
    .action((file: string | undefined) => run(async (app) => (await import('../state.ts')).exportState(app, { file })));
  state
    .command('import')
    .summary('take the states of a file over, as one step that "undo" takes back')
    .argument('<file>', 'written by "state export" or "run --fresh --state"')
    .option('--wait [seconds]', 'wait for another orchestrate to finish instead of failing', seconds)
    .action((file: string, options) =>
      run(async (app) => (await import('../state.ts')).importState(app, { ...options, file })),
    );
}

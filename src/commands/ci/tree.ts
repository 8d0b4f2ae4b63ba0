// The options of `run` for pipelines, as commander needs them. Loads nothing of what they do.

import { type Command, InvalidArgumentError } from 'commander';
import { collected, type Fill, seconds, WAIT, WAIT_HELP } from '../tree/kit.ts';

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
  return command.option(
    '--var <name=value>',
    'a variable of the runbook, for this command alone (repeatable)',
    collected,
  );
}

function exitCode(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 255) throw new InvalidArgumentError('Give an exit code from 0 to 255.');
  return number;
}

/** `orchestrate state …`. */
export const state: Fill = (command, { run }) => {
  command.description('Writes how far each task has come to a file of its own, and takes such a file over.');
  command
    .command('export')
    .summary('write the states to a file')
    .argument('[file]', 'the file (default: stdout)')
    .action((file: string | undefined) => run(async (app) => (await import('../state.ts')).exportState(app, { file })));
  command
    .command('import')
    .summary('take the states of a file over, as one step that "undo" takes back')
    .argument('<file>', 'written by "state export" or "run --fresh --state"')
    .option(WAIT, WAIT_HELP, seconds)
    .action((file: string, options) =>
      run(async (app) => (await import('../state.ts')).importState(app, { ...options, file })),
    );
};

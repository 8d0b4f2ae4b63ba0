// The options of `run` for pipelines, as commander needs them. Loads nothing of what they do.

import { type Command, InvalidArgumentError } from 'commander';

/** What `run` takes besides its own options. */
export function withCiOptions(command: Command): Command {
  return command
    .option('--ci', 'ask nobody; check everything first; run what needs no person')
    .option('--junit <file>', 'write a report as JUnit XML, also when the run fails')
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

// `next`, `run` and `review` in the tree of commands: options and help. Loads what runs them when it is called.

import { Option } from 'commander';
import { TASK_TYPES } from '../../runbook/words.ts';
import { withCiOptions, withVars } from '../ci/tree.ts';
import { atOnce, examples, type Fill, seconds, WAIT, WAIT_HELP, withCallOptions } from './kit.ts';

export const next: Fill = (command, { run }) => {
  withVars(withCallOptions(command))
    .description('Runs the first READY task in file order (or the one that is named), then stops.')
    .argument('[id]', 'a task to run instead of the next one')
    .option('--force', 'start it although its dependencies are unfinished (recorded)')
    .option('--dry-run', 'say what would run; change nothing')
    .option('--yes', 'confirm manual steps without "gate", accept output with "auto_accept" or whose "expects" hold')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate next', 'orchestrate next build', 'orchestrate next --dry-run'))
    .action((id: string | undefined, options) =>
      run(async (app) => (await import('../next.ts')).next(app, { ...options, id })),
    );
};

export const run: Fill = (command, { run }) => {
  withCiOptions(withVars(withCallOptions(command)))
    .description('Runs one task after the other until nothing is left that can run. A task in ERROR stops it.')
    .option('--start-from <id>', 'pass over the entries before this one (dependencies still count)')
    .option('--until <id>', 'stop after this one')
    .option('--only <ids...>', 'just these tasks')
    .addOption(new Option('--type <type>', 'just tasks of this type').choices(TASK_TYPES))
    .option('-j, --jobs <n>', 'run up to this many tasks at once that need no person', atOnce, 1)
    .option('--keep-going', 'after a failure, go on with what does not rest on it')
    .option('--refresh', 'do just the stale tasks again ("status" shows them), and the DONE ones that rest on them')
    .option('--dry-run', 'say what would run; change nothing')
    .option('--yes', 'confirm manual steps without "gate", accept output with "auto_accept" or whose "expects" hold')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText(
      'after',
      examples(
        'orchestrate run',
        'orchestrate run --until build',
        'orchestrate run --type AUTOMATED_SCRIPT --keep-going',
      ),
    )
    .action((options) => run(async (app) => (await import('../run.ts')).run(app, options)));
};

export const review: Fill = (command, { run }) => {
  withVars(withCallOptions(command))
    .description(
      'Shows what waits for a person, and answers it without a terminal. In a terminal and without an option, it asks.',
    )
    .argument('<id>', 'the task')
    .addOption(
      new Option('--accept', 'accept the answer, or confirm the manual step').conflicts([
        'retry',
        'editFrom',
        'error',
        'skip',
      ]),
    )
    .addOption(
      new Option('--retry [why]', 'ask the model again, with what was wrong').conflicts(['editFrom', 'error', 'skip']),
    )
    .addOption(new Option('--edit-from <file>', 'accept the content of this file instead').conflicts(['error', 'skip']))
    .addOption(new Option('--error <text>', 'mark the task as failed, with the reason').conflicts(['skip']))
    .option('--skip', 'skip the task')
    .option('--note <text>', 'with --accept: a note, file or link kept as evidence')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText(
      'after',
      examples(
        'orchestrate review draft',
        'orchestrate review draft --accept',
        'orchestrate review draft --retry "too long"',
        'orchestrate review draft --json',
      ),
    )
    .action((id: string, options) =>
      run(async (app) => (await import('../review.ts')).review(app, { ...options, id })),
    );
};

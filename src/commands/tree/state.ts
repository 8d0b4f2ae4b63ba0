// The commands that change a state as a person would by hand, in the tree of commands: options and help.

import { examples, type Fill, positive, seconds, WAIT, WAIT_HELP } from './kit.ts';

export const retry: Fill = (command, { run }) => {
  command
    .description('Sets a task in ERROR back to READY, as editing its status in both files would.')
    .argument('<id>', 'the task')
    .option('--resolution <text>', 'how its issue was resolved')
    .option('--take-over', 'also a task marked RUNNING: only when no other orchestrate works on it')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText(
      'after',
      examples('orchestrate retry build', 'orchestrate retry build --resolution "raised the timeout"'),
    )
    .action((id: string, options) => run(async (app) => (await import('../change.ts')).retry(app, { ...options, id })));
};

export const skip: Fill = (command, { run }) => {
  command
    .description('Marks a task as SKIPPED and says which tasks stay blocked by it.')
    .argument('<id>', 'the task')
    .option('--unblock', 'let the tasks that rest on it go on (writes allow_skipped: true)')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate skip benchmarks', 'orchestrate skip benchmarks --unblock'))
    .action((id: string, options) => run(async (app) => (await import('../change.ts')).skip(app, { ...options, id })));
};

export const done: Fill = (command, { run }) => {
  command
    .description('Marks a task as DONE after checking what it "expects". Refuses while an answer waits for review.')
    .argument('<id>', 'the task')
    .option('--note <text>', 'a note, file or link kept as evidence')
    .option('--force', 'also when a check fails or a review waits (recorded)')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate done announce --note https://example.org/post/1'))
    .action((id: string, options) => run(async (app) => (await import('../change.ts')).done(app, { ...options, id })));
};

export const reset: Fill = (command, { run }) => {
  command
    .description('Sets tasks back to PENDING (READY where they wait for nothing). What they wrote stays.')
    .argument('[ids...]', 'the tasks')
    .option('--all', 'every task')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate reset build test', 'orchestrate reset --all'))
    .action((ids: string[], options) =>
      run(async (app) => (await import('../change.ts')).reset(app, { ...options, ids })),
    );
};

export const undo: Fill = (command, { run }) => {
  command
    .description(
      'Sets both files back to the states before the last step (an attempt at a task with what followed from it, or one command), and says what it cannot take back.',
    )
    .option('--list', 'show the steps that can be taken back')
    .option('--to <seq>', 'take back this step and all that came after it', positive)
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate undo', 'orchestrate undo --list', 'orchestrate undo --to 12'))
    .action((options) => run(async (app) => (await import('../undo.ts')).undo(app, options)));
};

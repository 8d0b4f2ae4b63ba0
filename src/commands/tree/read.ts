// `status`, `show`, `validate` and `logs` in the tree of commands: options and help.

import { examples, type Fill, positive } from './kit.ts';

export const status: Fill = (command, { run }) => {
  command
    .description('Shows progress by phase, what is next, what blocks what, and the last error.')
    .option('--all', 'list every task of a long runbook')
    .addHelpText('after', examples('orchestrate status', 'orchestrate status --json'))
    .action((options) => run(async (app) => (await import('../status.ts')).status(app, options)));
};

export const show: Fill = (command, { run }) => {
  command
    .description('Shows one task whole: what it does, what it waits for, its last run, its issues, where to edit it.')
    .argument('<id>', 'the task')
    .addHelpText('after', examples('orchestrate show build'))
    .action((id: string) => run(async (app) => (await import('../show.ts')).show(app, { id })));
};

export const validate: Fill = (command, { run }) => {
  command
    .description('Checks the runbook, every detail file and every template, and shows all problems at once.')
    .addHelpText('after', examples('orchestrate validate', 'orchestrate validate --json'))
    .action(() => run(async (app) => (await import('../validate.ts')).validate(app)));
};

export const logs: Fill = (command, { run }) => {
  command
    .description('Shows the events of logs/run_log.jsonl, oldest first.')
    .argument('[id]', 'just this task')
    .option('--event <types...>', 'just these event types, such as ERROR_TASK')
    .option('--since <time>', 'from this time on: 2026-01-31, an ISO time, or 2h, 30m, 7d ago')
    .option('--until <time>', 'up to this time')
    .option('-n, --lines <n>', 'just the last ones', positive)
    .option('-f, --follow', 'go on showing new events until Ctrl-C')
    .option('--output', 'show the full output of the last script run of the task instead')
    .addHelpText(
      'after',
      examples(
        'orchestrate logs -n 20',
        'orchestrate logs build --output',
        'orchestrate logs --event ERROR_TASK --since 2h',
        'orchestrate logs --follow',
      ),
    )
    .action((id: string | undefined, options) =>
      run(async (app) => (await import('../logs.ts')).logs(app, { ...options, id })),
    );
};

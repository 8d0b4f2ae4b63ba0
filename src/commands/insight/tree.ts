// `why`, `graph`, `stats` and `verify` in the tree of commands: options and help. Loads what runs them when it is called.

import { Option } from 'commander';
import { examples, type Fill } from '../tree/kit.ts';

export const why: Fill = (command, { run }) => {
  command
    .description(
      'Says why a task is next or what it waits for, down to the causes, and what it would let go on. Without an id: the same for the whole runbook.',
    )
    .argument('[id]', 'the task')
    .option('--all', 'shorten no list')
    .addHelpText('after', examples('orchestrate why deploy', 'orchestrate why', 'orchestrate why deploy --json'))
    .action((id: string | undefined, options) =>
      run(async (app) => (await import('./why.ts')).why(app, { ...options, id })),
    );
};

export const graph: Fill = (command, { run }) => {
  command
    .description('Draws the tasks with their states and phases, and what depends on what.')
    .addOption(new Option('--format <format>', 'the form (default: text)').choices(['text', 'mermaid', 'dot', 'svg']))
    .option('--out <file>', 'write it to this file instead')
    .addHelpText('after', examples('orchestrate graph', 'orchestrate graph --format svg --out docs/runbook.svg'))
    .action((options) => run(async (app) => (await import('./graph.ts')).graph(app, options)));
};

export const stats: Fill = (command, { run }) => {
  command
    .description(
      'Sums up the time and cost so far, estimates what is left from earlier attempts, and shows how often answers were accepted at first.',
    )
    .addHelpText('after', examples('orchestrate stats', 'orchestrate stats --json'))
    .action(() => run(async (app) => (await import('./stats.ts')).stats(app)));
};

export const verify: Fill = (command, { run }) => {
  command
    .description(
      'Compares every DONE task with its receipt by content, and makes its file checks again. Exit code 1 where something no longer holds.',
    )
    .argument('[ids...]', 'just these tasks')
    .option('--run-commands', 'make the command checks again too: they run')
    .addHelpText('after', examples('orchestrate verify', 'orchestrate verify build test --run-commands'))
    .action((ids: string[], options) =>
      run(async (app) => (await import('./verify.ts')).verify(app, { ...options, ids })),
    );
};

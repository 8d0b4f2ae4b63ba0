// `orchestrate history` and its subcommands in the tree of commands: names, options, help. Loads what runs them when it is called.

import { type Command, Option } from 'commander';
import { examples, type Fill, positive, type Run } from '../tree/kit.ts';

const SOURCES = ['task', 'quickie', 'prompt', 'workshop', 'chat'];
const STATUSES = ['pending', 'running', 'complete', 'error'];
const GROUPS = ['template', 'hash', 'model', 'task', 'run', 'day'];

export const history: Fill = (command, { run }) => {
  command
    .description('Works with the record of model calls in .orchestrate/history.db.')
    .addHelpText(
      'after',
      examples('orchestrate history list', 'orchestrate history search deadline', 'orchestrate history stats --by day'),
    );
  readingCommands(command, run);
  changingCommands(command, run);
};

function filtered(command: Command): Command {
  return command
    .addOption(new Option('--source <source>', 'just calls made by this').choices(SOURCES))
    .option('--task <id>', 'just calls of this task')
    .option('--template <file>', 'just calls with this template')
    .option('--hash <hash>', 'just calls whose template has this hash, or one that begins so')
    .option('--model <name>', 'just calls of this model, as asked for or as it answered')
    .addOption(new Option('--status <status>', 'just calls with this status').choices(STATUSES))
    .option('--since <time>', 'from this time on: 2026-01-31, an ISO time, or 2h, 30m, 7d ago')
    .option('--until <time>', 'up to this time');
}

const reading = () => import('./read.ts');
const changing = () => import('./change.ts');

function readingCommands(history: Command, run: Run): void {
  filtered(history.command('list'))
    .summary('the newest calls')
    .description('Lists calls, newest first: id, time, ✓ complete or ✗ error, task or template, model, cost, duration.')
    .option('-n, --lines <n>', 'how many', positive, 20)
    .addHelpText('after', examples('orchestrate history list --status error --since 2d'))
    .action((options) => run(async (app) => (await reading()).list(app, options)));

  filtered(history.command('search'))
    .summary('find words in prompts and answers')
    .description('Lists calls in whose prompt or answer all the words stand. A star asks for the beginning of a word.')
    .argument('<words...>', 'words, or "a phrase" with its quotes')
    .option('-n, --lines <n>', 'how many', positive, 20)
    .addHelpText(
      'after',
      examples('orchestrate history search deadline', `orchestrate history search 'launch*' '"two weeks"'`),
    )
    .action((words: string[], options) => run(async (app) => (await reading()).search(app, { ...options, words })));

  history
    .command('show')
    .summary('one call whole')
    .description('Shows one call: the prompt as sent, the answer or what arrived of it, tokens, cost, times.')
    .argument('<id>', 'its id, or the beginning of it')
    .addHelpText('after', examples('orchestrate history show 1a2b3c4d'))
    .action((id: string) => run(async (app) => (await reading()).show(app, { id })));

  filtered(history.command('stats'))
    .summary('calls, failures, cost and times')
    .description('Sums up calls. A cost that is unknown is counted as unknown; deleted calls count too.')
    .addOption(new Option('--by <what>', 'what to group by').choices(GROUPS).default('model'))
    .addHelpText('after', examples('orchestrate history stats --by task --since 7d'))
    .action((options) => run(async (app) => (await reading()).stats(app, options)));

  filtered(history.command('export'))
    .summary('whole calls as JSON lines or Markdown')
    .description('Writes whole calls to stdout, oldest first. Secrets are replaced by their names.')
    .addOption(new Option('--format <format>', 'the form').choices(['jsonl', 'markdown']).default('jsonl'))
    .addHelpText(
      'after',
      examples('orchestrate history export > calls.jsonl', 'orchestrate history export --format markdown'),
    )
    .action((options) => run(async (app) => (await import('./export.ts')).exportCalls(app, options)));
}

function changingCommands(history: Command, run: Run): void {
  history
    .command('delete')
    .summary('forget calls; what they cost stays')
    .description('Takes prompts, answers and inputs of calls away for good. Their cost still counts in every sum.')
    .argument('<ids...>', 'their ids, or the beginnings of them')
    .option('--dry-run', 'say what would go; change nothing')
    .addHelpText('after', examples('orchestrate history delete 1a2b3c4d'))
    .action((ids: string[], options) => run(async (app) => (await changing()).deleteCalls(app, { ...options, ids })));

  history
    .command('prune')
    .summary('forget old calls; what they cost stays')
    .description('Deletes calls that were made before a time, as "history delete" does.')
    .requiredOption('--older-than <time>', 'an age such as 90d, or a date')
    .option('--dry-run', 'say what would go; change nothing')
    .addHelpText('after', examples('orchestrate history prune --older-than 90d --dry-run'))
    .action((options) => run(async (app) => (await changing()).prune(app, options)));

  history
    .command('recompute-costs')
    .summary('apply the prices of today')
    .description('Computes the cost of calls anew from their tokens, after prices changed, and shows what changes.')
    .option('--dry-run', 'show it; change nothing')
    .addHelpText('after', examples('orchestrate history recompute-costs --dry-run'))
    .action((options) => run(async (app) => (await changing()).recomputeCosts(app, options)));
}

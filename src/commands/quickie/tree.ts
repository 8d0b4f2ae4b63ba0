// `orchestrate quickie` and its subcommands in the tree of commands: names, options, help. Loads what runs them when it is called.

import { type Command, Option } from 'commander';
import { withBatchOptions } from '../prompt/batch-tree.ts';
import { collected, examples, type Fill, positive, type Run, withCallOptions } from '../tree/kit.ts';

const STATUSES = ['pending', 'running', 'complete', 'error'];
const GROUPS = ['template', 'hash', 'model'];

export const quickie: Fill = (command, { run }) => {
  command
    .description(
      'Runs named prompts with inputs: one request, one answer, recorded. They stand in config/quickie_templates.yaml, and your own in quickie_templates.yaml in your configuration folder; in any folder.',
    )
    .addHelpText(
      'after',
      examples(
        'git diff --staged | orchestrate quickie run commit_message',
        'orchestrate quickie list-templates',
        'orchestrate quickie list --template commit_message',
      ),
    );
  runningCommands(command, run);
  readingCommands(command, run);
};

function runningCommands(quickie: Command, run: Run): void {
  withCallOptions(quickie.command('run'))
    .summary('ask; the answer is all that stdout gets')
    .description(
      'Fills the template with the inputs, asks the model, and prints the answer. The one required input that is missing is read from stdin where that is a pipe or a file.',
    )
    .argument('<quickie>', 'the name of the template')
    .argument('[file]', 'inputs as a JSON object; "-" is stdin')
    .option(
      '-p, --param <input>',
      'an input as key=value; key=@FILE reads a file, key=- stdin, key=@@text begins with an @ (repeatable)',
      collected,
      [],
    )
    .option('-m, --model <name>', "a model or alias instead of the template's")
    .option('--meta <pair>', 'key=value to keep with the call (repeatable)', collected, [])
    .option('--raw', 'print the answer just as the model wrote it')
    .option('--no-track', 'keep nothing of it but what it cost')
    .option('--dry-run', 'print the request and its price; send nothing')
    .option('--later', 'keep it as pending and print its id; send nothing')
    .addHelpText(
      'after',
      examples(
        'git diff --staged | orchestrate quickie run commit_message',
        'orchestrate quickie run summarise -p text=@notes.txt -p sentences=2',
        'orchestrate quickie run extract_fields inputs.json --json',
        'orchestrate quickie run explain_error -p error=@build.log --dry-run',
      ),
    )
    .action((name: string, input: string | undefined, options) =>
      run(async (app) => (await import('./run.ts')).run(app, { ...options, name, input })),
    );

  withCallOptions(withBatchOptions(quickie.command('batch')))
    .summary('one quickie, many inputs')
    .description(
      'Asks a quickie once for each record of a file and writes the results as JSON Lines, in the order of the inputs. Given again, the same command goes on where it was stopped: what was answered is taken from the history and not paid for twice.',
    )
    .argument('<quickie>', 'the name of the template')
    .option(
      '-p, --param <input>',
      'key=value or key=@FILE for all records that give none themselves (repeatable)',
      collected,
      [],
    )
    .option('-m, --model <name>', "a model or alias instead of the template's")
    .addHelpText(
      'after',
      examples(
        'orchestrate quickie batch summarise --inputs notes.jsonl -p sentences=1 --out summaries.jsonl',
        'orchestrate quickie batch extract_fields --inputs letters.csv -j 8 --max-cost 2 > fields.jsonl',
      ),
    )
    .action((name: string, options) =>
      run(async (app) => (await import('./batch.ts')).batch(app, { ...options, name })),
    );

  withCallOptions(quickie.command('run-pending'))
    .summary('ask what was kept with --later')
    .description('Makes the calls that were kept for later, oldest first, or the one that is named.')
    .argument('[call]', 'its id, or the beginning of it')
    .addHelpText('after', examples('orchestrate quickie run-pending', 'orchestrate quickie run-pending 1a2b3c4d'))
    .action((id: string | undefined, options) =>
      run(async (app) => (await import('./pending.ts')).runPending(app, { ...options, id })),
    );

  withCallOptions(quickie.command('rerun'))
    .summary('ask an earlier one again')
    .description('Asks the same once more: the request as it was sent, or its inputs with the template of today.')
    .argument('<call>', 'its id, or the beginning of it')
    .option('-m, --model <name>', 'ask this model or alias instead')
    .option('--with-current-template', 'fill the template as it is now with the inputs of then')
    .option('--raw', 'print the answer just as the model wrote it')
    .addHelpText('after', examples('orchestrate quickie rerun 1a2b3c4d --model gpt-4o'))
    .action((id: string, options) => run(async (app) => (await import('./rerun.ts')).rerun(app, { ...options, id })));
}

const reading = () => import('./read.ts');

function readingCommands(quickie: Command, run: Run): void {
  quickie
    .command('list-templates')
    .summary('what can be run, with which inputs')
    .description('Lists the templates of the project and your own: name, model, description, inputs.')
    .addHelpText('after', examples('orchestrate quickie list-templates --json'))
    .action(() => run(async (app) => (await import('./templates.ts')).listTemplates(app)));

  quickie
    .command('list')
    .summary('the newest quickies')
    .description(
      'Lists quickies, newest first: id, time, ✓ complete, ✗ error or ○ pending, template, model, cost, duration.',
    )
    .option('--template <quickie>', 'just those of this template')
    .option('--hash <hash>', 'just those whose template has this hash, or one that begins so')
    .addOption(new Option('--status <status>', 'just those with this status').choices(STATUSES))
    .option('-n, --limit <n>', 'how many', positive, 100)
    .addHelpText('after', examples('orchestrate quickie list --status pending'))
    .action((options) => run(async (app) => (await reading()).list(app, options)));

  quickie
    .command('show')
    .summary('one quickie whole')
    .description('Shows one quickie: inputs, the prompt as sent, the answer, tokens, cost, times.')
    .argument('<call>', 'its id, or the beginning of it')
    .addHelpText('after', examples('orchestrate quickie show 1a2b3c4d'))
    .action((id: string) => run(async (app) => (await reading()).show(app, { id })));

  quickie
    .command('stats')
    .summary('calls, failures, cost and times')
    .description(
      'Sums up quickies by template, by hash of the template and by model: calls, failures, cost, median and p95 time.',
    )
    .addOption(new Option('--by <what>', 'just by this').choices(GROUPS))
    .addHelpText('after', examples('orchestrate quickie stats --by model'))
    .action((options) => run(async (app) => (await reading()).stats(app, options)));
}

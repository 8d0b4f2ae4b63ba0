// `orchestrate prompt` and its subcommands in the tree of commands: names, options, help. Loads what runs them when it is called.

import { type Command, Option } from 'commander';
import {
  collected,
  examples,
  type Fill,
  positive,
  type Run,
  seconds,
  WAIT,
  whole,
  withCallOptions,
} from '../tree/kit.ts';
import { addBatchCommands } from './batch-tree.ts';

const VAR = '--var <name=value>';
const ID = 'its id, or the beginning of it';
const WAIT_HELP = 'wait for another process that sends in it, instead of failing';
const STATUSES = ['idle', 'streaming', 'complete', 'error'];

export const prompt: Fill = (command, { run }) => {
  command
    .description(
      'Starts conversations from prompts in prompt_templates/ (of the project, or your own) and goes on with them. Values of variables are read at the moment of sending.',
    )
    .addHelpText(
      'after',
      examples(
        'id=$(orchestrate prompt start review --var language=French)',
        'orchestrate prompt send $id "And in one sentence?"',
        'orchestrate prompt resume',
      ),
    );
  startCommands(command, run);
  changeCommands(command, run);
  readCommands(command, run);
  addBatchCommands(command, run);
};

function startCommands(prompt: Command, run: Run): void {
  withCallOptions(prompt.command('start'))
    .summary('start a conversation; prints its id')
    .description('Starts a conversation from a prompt and prints its id. Nothing is sent, unless --send says so.')
    .argument('<prompt>', 'a name in prompt_templates/, or a path')
    .option(VAR, 'a value for a variable of the prompt; can be repeated', collected)
    .option('--name <text>', 'what it is called in lists (default: the name of the prompt)')
    .option('--run <run>', 'put it under the run of another conversation: their costs are summed together')
    .option('--model <name>', "the model (default: the prompt's, then that of the settings)")
    .option('--task <id>', 'a task of the runbook that gives values too (default: the one that this runs inside of)')
    .option('--no-track', 'keep no content at all, only what each message cost')
    .option('--no-chat', 'one request, one answer: nothing said before goes along')
    .option('--send [text]', 'send the first message at once; the answer is printed, and the id goes to stderr')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText(
      'after',
      examples(
        'orchestrate prompt start review --var language=French',
        'orchestrate prompt start summary --no-track --var text="$(cat notes.txt)" --send',
      ),
    )
    .action((name: string, options) =>
      run(async (app) => (await import('./start.ts')).start(app, { ...options, prompt: name })),
    );

  withCallOptions(prompt.command('send'))
    .summary('send a message; prints the answer as it comes')
    .description(
      'Sends the text (or stdin, or the text that "prompt input" left) with the values of this moment. The answer goes to stdout, time, tokens and cost to stderr. Without a text the prompt alone is sent, or what failed is sent again.',
    )
    .argument('<conversation>', ID)
    .argument('[text]', 'the text; without it stdin, where that is a pipe or a file')
    .option(VAR, 'a value for this message alone; can be repeated', collected)
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText(
      'after',
      examples('orchestrate prompt send 1a2b3c4d "Shorter, please."', 'git diff | orchestrate prompt send 1a2b3c4d'),
    )
    .action((id: string, text: string | undefined, options) =>
      run(async (app) => (await import('./send.ts')).send(app, { ...options, id, text })),
    );

  withCallOptions(prompt.command('resume'))
    .summary('show a conversation and go on with it')
    .description(
      'Shows what was said and goes on: in a terminal text by text, with line editing; otherwise with the text on stdin.',
    )
    .argument('[conversation]', `${ID} (default: the newest)`)
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate prompt resume', 'orchestrate prompt resume 1a2b3c4d'))
    .action((id: string | undefined, options) =>
      run(async (app) => (await import('./resume.ts')).resume(app, { ...options, id })),
    );

  prompt
    .command('fork')
    .summary('begin anew from a message; prints the new id')
    .description(
      'Copies a conversation up to a message into a new one. What the copied messages cost stays with the old one.',
    )
    .argument('<conversation>', ID)
    .requiredOption('--at <n>', 'the last message that is copied (0: none)', whole)
    .option('--name <text>', 'what the new one is called')
    .option('--run <run>', 'put it under the run of another conversation')
    .addHelpText('after', examples('orchestrate prompt fork 1a2b3c4d --at 2'))
    .action((id: string, options) => run(async (app) => (await import('./start.ts')).fork(app, { ...options, id })));
}

function changeCommands(prompt: Command, run: Run): void {
  prompt
    .command('set')
    .summary('set variables, from the next message on')
    .description('Sets values of variables. Possible at any time, also while another process sends.')
    .argument('<conversation>', ID)
    .argument('[name=value...]', 'the values')
    .option('--unset <name>', 'take a value back, so that a farther scope counts; can be repeated', collected)
    .addHelpText('after', examples('orchestrate prompt set 1a2b3c4d language=French tone=dry'))
    .action((id: string, pairs: string[], options) =>
      run(async (app) => (await import('./change.ts')).set(app, { ...options, id, pairs })),
    );

  prompt
    .command('input')
    .summary('keep a text until it is sent')
    .description(
      'Keeps a text (or stdin) as what the next "prompt send" without a text sends. An empty one takes it away.',
    )
    .argument('<conversation>', ID)
    .argument('[text]', 'the text; without it stdin')
    .addHelpText('after', examples('orchestrate prompt input 1a2b3c4d "What about costs?"'))
    .action((id: string, text: string | undefined) =>
      run(async (app) => (await import('./change.ts')).input(app, { id, text })),
    );

  prompt
    .command('rename')
    .summary('give a conversation another name')
    .description('Gives a conversation another name.')
    .argument('<conversation>', ID)
    .argument('<name>', 'the name')
    .addHelpText('after', examples('orchestrate prompt rename 1a2b3c4d "Release letter"'))
    .action((id: string, name: string) => run(async (app) => (await import('./change.ts')).rename(app, { id, name })));

  prompt
    .command('delete')
    .summary('delete conversations; what they cost stays')
    .description('Takes conversations and the content of their calls away for good. What they cost still counts.')
    .argument('[conversations...]', 'their ids, or the beginnings of them')
    .option('--older-than <time>', 'those in which nothing happened since: an age such as 90d, or a date')
    .option('--dry-run', 'say what would go; change nothing')
    .addHelpText(
      'after',
      examples('orchestrate prompt delete 1a2b3c4d', 'orchestrate prompt delete --older-than 90d --dry-run'),
    )
    .action((ids: string[], options) =>
      run(async (app) => (await import('./change.ts')).deleteConversations(app, { ...options, ids })),
    );
}

function readCommands(prompt: Command, run: Run): void {
  prompt
    .command('show')
    .summary('everything that was said, as it stands or stood')
    .description('Shows a conversation: its values, every message with what changed before it, answers, figures.')
    .argument('<conversation>', ID)
    .option('--at <n>', 'as it was after message n (0: before the first)', whole)
    .addHelpText(
      'after',
      examples('orchestrate prompt show 1a2b3c4d', 'orchestrate prompt show 1a2b3c4d --at 2 --json'),
    )
    .action((id: string, options) => run(async (app) => (await import('./read.ts')).show(app, { ...options, id })));

  prompt
    .command('list')
    .summary('the newest conversations')
    .description(
      'Lists conversations, newest first: id, time, ✓ complete ✗ error ▸ streaming ○ idle, name, messages, cost of the run.',
    )
    .option('-n, --lines <n>', 'how many', positive, 20)
    .option('--prompt <file>', 'just those of this prompt')
    .addOption(new Option('--status <status>', 'just those with this status').choices(STATUSES))
    .addHelpText('after', examples('orchestrate prompt list --status error'))
    .action((options) => run(async (app) => (await import('./read.ts')).list(app, options)));

  prompt
    .command('vars')
    .summary('the values that the next message would use, and where they come from')
    .description('Shows each variable of the prompt, the value that counts at this moment, and its scope.')
    .argument('<conversation>', ID)
    .addHelpText('after', examples('orchestrate prompt vars 1a2b3c4d'))
    .action((id: string) => run(async (app) => (await import('./read.ts')).vars(app, { id })));

  prompt
    .command('export')
    .summary('a conversation as JSON or Markdown')
    .description('Writes a conversation to stdout. Secrets are replaced by their names.')
    .argument('<conversation>', ID)
    .addOption(new Option('--format <format>', 'the form').choices(['json', 'markdown']).default('json'))
    .option('--at <n>', 'as it was after message n', whole)
    .addHelpText('after', examples('orchestrate prompt export 1a2b3c4d --format markdown > talk.md'))
    .action((id: string, options) =>
      run(async (app) => (await import('./read.ts')).exportConversation(app, { ...options, id })),
    );

  prompt
    .command('check')
    .summary('prove that runs equal the sums of their calls')
    .description(
      'Rebuilds every conversation from its events, and compares messages with their calls and runs with the sums of their calls. Exit code 1 where anything disagrees.',
    )
    .argument('[conversation]', 'just this conversation and its run')
    .addHelpText('after', examples('orchestrate prompt check'))
    .action((id: string | undefined) => run(async (app) => (await import('./read.ts')).check(app, { id })));
}

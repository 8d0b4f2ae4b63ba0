// The tree of commands: names, options, help. Each command's module is loaded when it is called. Does nothing by itself.

import { Command, InvalidArgumentError, Option } from 'commander';
import type { App } from './app.ts';
import { stateFileCommands, withCiOptions, withVars } from './commands/ci/tree.ts';
import { historyCommands } from './commands/history/tree.ts';
import { insightCommands } from './commands/insight/tree.ts';
import { addBatchCommands } from './commands/prompt/batch-tree.ts';
import { promptCommands } from './commands/prompt/tree.ts';
import { quickieCommands } from './commands/quickie/tree.ts';
import { PROVIDERS, TASK_TYPES } from './runbook/words.ts';

/** Runs one command with the parsed options and keeps its exit code; main.ts gives it. */
export type Run = (command: (app: App) => Promise<number>) => Promise<void>;

export type GlobalOptions = {
  C?: string;
  json?: boolean;
  color: boolean;
  quiet?: boolean;
  verbose?: boolean;
  input: boolean;
  provider?: (typeof PROVIDERS)[number];
};

const DESCRIPTION =
  'Work through a YAML runbook, one task at a time: manual steps, model calls that a person reviews, and scripts.';

const EXAMPLES = `
Examples:
  orchestrate init my-project     start a project that runs at once
  orchestrate next                do the next task
  orchestrate run                 go on until nothing is left that can run
  orchestrate status              see how things stand

Exit codes: 0 done · 1 a task failed · 2 bad usage or input, nothing was changed · 3 waiting for a person
            4 locked by another orchestrate · 70 a defect of orchestrate · 130, 143 interrupted`;

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

const WAIT = '--wait [seconds]';
const WAIT_HELP = 'wait for another orchestrate to finish instead of failing';

function atLeastOne(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 64)
    throw new InvalidArgumentError('Give a number from 1 to 64.');
  return number;
}

function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('Give a number of seconds.');
  return number;
}

function dollars(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('Give an amount of US dollars, such as 0.50.');
  return number;
}

/** What every command takes that may call a model. */
function withCallOptions(command: Command): Command {
  return command
    .option(
      '--max-cost <usd>',
      "the most that model calls of this run may cost (instead of the runbook's limit)",
      dollars,
    )
    .option('--record <dir>', 'keep each model call as a recording in this folder')
    .option('--replay <dir>', 'answer from the recordings in this folder alone, or from "history": offline, strictly')
    .option('--allow-secrets', 'send prompts although they hold a secret');
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return number;
}

export function buildProgram(run: Run, version: string): Command {
  const program = new Command('orchestrate')
    .description(DESCRIPTION)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .option('-C <dir>', 'work on the project in this folder')
    .option('--json', 'print one JSON document (for "run": one JSON object a line)')
    .option('--no-color', 'no colours (also: NO_COLOR)')
    .option('-q, --quiet', 'say only what must be seen')
    .option('-v, --verbose', 'say more')
    .option('--no-input', 'ask nothing, as if there were no terminal')
    .addOption(new Option('--provider <name>', 'who answers prompts').choices(PROVIDERS))
    .configureHelp({ showGlobalOptions: true })
    // Worded by main.ts, as every other failure is.
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', EXAMPLES);
  runCommands(program, run);
  stateCommands(program, run);
  readCommands(program, run);
  insightCommands(program, run);
  const prompt = promptCommands(program, { run, withCalls: withCallOptions });
  addBatchCommands(prompt, { run, withCalls: withCallOptions });
  quickieCommands(program, run, withCallOptions);
  historyCommands(program, run);
  stateFileCommands(program, run);
  authoringCommands(program, run);
  return program;
}

function runCommands(program: Command, run: Run): void {
  withVars(withCallOptions(program.command('next')))
    .summary('do the next READY task, then stop')
    .description('Runs the first READY task in file order (or the one that is named), then stops.')
    .argument('[id]', 'a task to run instead of the next one')
    .option('--force', 'start it although its dependencies are unfinished (recorded)')
    .option('--dry-run', 'say what would run; change nothing')
    .option('--yes', 'confirm manual steps without "gate", accept output with "auto_accept" or whose "expects" hold')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate next', 'orchestrate next build', 'orchestrate next --dry-run'))
    .action((id: string | undefined, options) =>
      run(async (app) => (await import('./commands/next.ts')).next(app, { ...options, id })),
    );

  withCiOptions(withVars(withCallOptions(program.command('run'))))
    .summary('run until nothing is left that can run')
    .description('Runs one task after the other until nothing is left that can run. A task in ERROR stops it.')
    .option('--start-from <id>', 'pass over the entries before this one (dependencies still count)')
    .option('--until <id>', 'stop after this one')
    .option('--only <ids...>', 'just these tasks')
    .addOption(new Option('--type <type>', 'just tasks of this type').choices(TASK_TYPES))
    .option('-j, --jobs <n>', 'run up to this many tasks at once that need no person', atLeastOne, 1)
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
    .action((options) => run(async (app) => (await import('./commands/run.ts')).run(app, options)));

  withVars(withCallOptions(program.command('review')))
    .summary('answer a waiting review or manual step')
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
      run(async (app) => (await import('./commands/review.ts')).review(app, { ...options, id })),
    );
}

function stateCommands(program: Command, run: Run): void {
  program
    .command('retry')
    .summary('set a failed task back to READY')
    .description('Sets a task in ERROR back to READY, as editing its status in both files would.')
    .argument('<id>', 'the task')
    .option('--resolution <text>', 'how its issue was resolved')
    .option('--take-over', 'also a task marked RUNNING: only when no other orchestrate works on it')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText(
      'after',
      examples('orchestrate retry build', 'orchestrate retry build --resolution "raised the timeout"'),
    )
    .action((id: string, options) =>
      run(async (app) => (await import('./commands/change.ts')).retry(app, { ...options, id })),
    );

  program
    .command('skip')
    .summary('mark a task as SKIPPED')
    .description('Marks a task as SKIPPED and says which tasks stay blocked by it.')
    .argument('<id>', 'the task')
    .option('--unblock', 'let the tasks that rest on it go on (writes allow_skipped: true)')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate skip benchmarks', 'orchestrate skip benchmarks --unblock'))
    .action((id: string, options) =>
      run(async (app) => (await import('./commands/change.ts')).skip(app, { ...options, id })),
    );

  program
    .command('done')
    .summary('mark a task as DONE')
    .description('Marks a task as DONE after checking what it "expects". Refuses while an answer waits for review.')
    .argument('<id>', 'the task')
    .option('--note <text>', 'a note, file or link kept as evidence')
    .option('--force', 'also when a check fails or a review waits (recorded)')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate done announce --note https://example.org/post/1'))
    .action((id: string, options) =>
      run(async (app) => (await import('./commands/change.ts')).done(app, { ...options, id })),
    );

  program
    .command('reset')
    .summary('set tasks back to their beginning')
    .description('Sets tasks back to PENDING (READY where they wait for nothing). What they wrote stays.')
    .argument('[ids...]', 'the tasks')
    .option('--all', 'every task')
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate reset build test', 'orchestrate reset --all'))
    .action((ids: string[], options) =>
      run(async (app) => (await import('./commands/change.ts')).reset(app, { ...options, ids })),
    );

  program
    .command('undo')
    .summary('take the last step back')
    .description(
      'Sets both files back to the states before the last step (an attempt at a task with what followed from it, or one command), and says what it cannot take back.',
    )
    .option('--list', 'show the steps that can be taken back')
    .option('--to <seq>', 'take back this step and all that came after it', positive)
    .option(WAIT, WAIT_HELP, seconds)
    .addHelpText('after', examples('orchestrate undo', 'orchestrate undo --list', 'orchestrate undo --to 12'))
    .action((options) => run(async (app) => (await import('./commands/undo.ts')).undo(app, options)));
}

function readCommands(program: Command, run: Run): void {
  program
    .command('status')
    .summary('show how things stand')
    .description('Shows progress by phase, what is next, what blocks what, and the last error.')
    .option('--all', 'list every task of a long runbook')
    .addHelpText('after', examples('orchestrate status', 'orchestrate status --json'))
    .action((options) => run(async (app) => (await import('./commands/status.ts')).status(app, options)));

  program
    .command('show')
    .summary('show one task')
    .description('Shows one task whole: what it does, what it waits for, its last run, its issues, where to edit it.')
    .argument('<id>', 'the task')
    .addHelpText('after', examples('orchestrate show build'))
    .action((id: string) => run(async (app) => (await import('./commands/show.ts')).show(app, { id })));

  program
    .command('validate')
    .summary('check everything; change nothing')
    .description('Checks the runbook, every detail file and every template, and shows all problems at once.')
    .addHelpText('after', examples('orchestrate validate', 'orchestrate validate --json'))
    .action(() => run(async (app) => (await import('./commands/validate.ts')).validate(app)));

  program
    .command('logs')
    .summary('show what happened')
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
      run(async (app) => (await import('./commands/logs.ts')).logs(app, { ...options, id })),
    );
}

function authoringCommands(program: Command, run: Run): void {
  program
    .command('init')
    .summary('start a project that runs at once, offline')
    .description('Writes a small project with one task of each type. Overwrites nothing.')
    .argument('[dir]', 'the folder', '.')
    .addHelpText('after', examples('orchestrate init my-project', 'orchestrate -C my-project run'))
    .action((dir: string) => run(async (app) => (await import('./commands/init.ts')).init(app, { dir })));

  program
    .command('add')
    .summary('add a task')
    .description('Adds an entry to runbook.yaml and writes its detail file.')
    .argument('<id>', 'its id')
    .addOption(new Option('--type <type>', 'what kind of task').choices(TASK_TYPES).default('MANUAL'))
    .option('--name <text>', 'its name (default: the id)')
    .option('--depends-on <ids...>', 'the tasks it rests on')
    .option('--phase <title>', 'the phase it belongs to')
    .option('--script <line>', 'AUTOMATED_SCRIPT: the command')
    .option('--template <file>', 'AI_ASSISTED: the prompt template')
    .option('--output <file>', 'its output_artifact')
    .addHelpText(
      'after',
      examples(
        'orchestrate add announce --name "Announce the release"',
        'orchestrate add build --type AUTOMATED_SCRIPT --script "npm run build" --depends-on lint test',
      ),
    )
    .action((id: string, options) =>
      run(async (app) => (await import('./commands/add.ts')).add(app, { ...options, id })),
    );

  program
    .command('schema')
    .summary('print the JSON Schema of a file kind')
    .description('Prints the JSON Schema of a file kind, for editors and other tools.')
    .argument('[kind]', 'runbook, task, template, recording, models, quickies, or events (of run --json)', 'runbook')
    .option('--write', 'write all of them to .orchestrate/schemas/ in the project')
    .addHelpText('after', examples('orchestrate schema task', 'orchestrate schema --write'))
    .action((kind: string, options) =>
      run(async (app) => (await import('./commands/schema.ts')).schema(app, { ...options, kind })),
    );

  program
    .command('doctor')
    .summary('check this machine and project')
    .description('Checks Node, the project, its databases and its log, and what is needed to call a model.')
    .option('--repair', 'mend what can be mended; damaged files are kept beside the new ones')
    .addOption(
      new Option(
        '--keep <which>',
        'which states count, when the files went back to an older version of the whole',
      ).choices(['files', 'journal']),
    )
    .addHelpText('after', examples('orchestrate doctor', 'orchestrate doctor --repair'))
    .action((options) => run(async (app) => (await import('./commands/doctor.ts')).doctor(app, options)));

  program
    .command('completion')
    .summary('print a completion script for your shell')
    .description('Prints a completion script for bash, zsh or fish.')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      examples(
        'orchestrate completion bash >> ~/.bashrc',
        'orchestrate completion fish > ~/.config/fish/completions/orchestrate.fish',
      ),
    )
    .action((shell: string) =>
      run(async (app) => (await import('./commands/completion.ts')).completion(app, { shell, program })),
    );

  program
    .command('complete-words', { hidden: true })
    .argument('<kind>')
    .argument('[name]')
    .action((kind: string, name: string | undefined) =>
      run(async (app) => (await import('./commands/completion.ts')).completeWords(app, { kind, name })),
    );
}

// The commands by name. What a command takes and says of itself is loaded when it is named, what it does when it is called.

import { Command, Option } from 'commander';
import type { Fill, Kit, Run } from './commands/tree/kit.ts';
import { PROVIDERS } from './runbook/words.ts';

export type GlobalOptions = {
  C?: string;
  json?: boolean;
  color: boolean;
  quiet?: boolean;
  verbose?: boolean;
  input: boolean;
  provider?: (typeof PROVIDERS)[number];
};

type Entry = { readonly name: string; readonly summary: string; readonly fill: () => Promise<Fill> };

const running = () => import('./commands/tree/run.ts');
const changing = () => import('./commands/tree/state.ts');
const reading = () => import('./commands/tree/read.ts');
const insight = () => import('./commands/insight/tree.ts');
const authoring = () => import('./commands/tree/authoring.ts');

/** In the order of the help. Making all of them whole takes longer than a `status`. */
const COMMANDS: readonly Entry[] = [
  { name: 'next', summary: 'do the next READY task, then stop', fill: async () => (await running()).next },
  { name: 'run', summary: 'run until nothing is left that can run', fill: async () => (await running()).run },
  { name: 'review', summary: 'answer a waiting review or manual step', fill: async () => (await running()).review },
  { name: 'retry', summary: 'set a failed task back to READY', fill: async () => (await changing()).retry },
  { name: 'skip', summary: 'mark a task as SKIPPED', fill: async () => (await changing()).skip },
  { name: 'done', summary: 'mark a task as DONE', fill: async () => (await changing()).done },
  { name: 'reset', summary: 'set tasks back to their beginning', fill: async () => (await changing()).reset },
  { name: 'undo', summary: 'take the last step back', fill: async () => (await changing()).undo },
  { name: 'status', summary: 'show how things stand', fill: async () => (await reading()).status },
  { name: 'show', summary: 'show one task', fill: async () => (await reading()).show },
  { name: 'validate', summary: 'check everything; change nothing', fill: async () => (await reading()).validate },
  { name: 'logs', summary: 'show what happened', fill: async () => (await reading()).logs },
  {
    name: 'why',
    summary: 'why a task is next, waits, or is done; what to do first',
    fill: async () => (await insight()).why,
  },
  { name: 'graph', summary: 'draw the tasks and what they depend on', fill: async () => (await insight()).graph },
  { name: 'stats', summary: 'time and cost so far, and what is left', fill: async () => (await insight()).stats },
  {
    name: 'verify',
    summary: 'check the evidence of DONE tasks again; change nothing',
    fill: async () => (await insight()).verify,
  },
  {
    name: 'prompt',
    summary: 'conversations with a model, made of prompts whose variables are read at every send',
    fill: async () => (await import('./commands/prompt/tree.ts')).prompt,
  },
  {
    name: 'quickie',
    summary: 'recorded one-shot prompts: run, list, show, run again, sum up',
    fill: async () => (await import('./commands/quickie/tree.ts')).quickie,
  },
  {
    name: 'history',
    summary: 'past model calls: list, search, show, sum up, export, delete',
    fill: async () => (await import('./commands/history/tree.ts')).history,
  },
  {
    name: 'state',
    summary: 'take the states of the tasks from one machine to another',
    fill: async () => (await import('./commands/ci/tree.ts')).state,
  },
  { name: 'init', summary: 'start a project that runs at once, offline', fill: async () => (await authoring()).init },
  { name: 'add', summary: 'add a task', fill: async () => (await authoring()).add },
  { name: 'schema', summary: 'print the JSON Schema of a file kind', fill: async () => (await authoring()).schema },
  { name: 'doctor', summary: 'check this machine and project', fill: async () => (await authoring()).doctor },
  {
    name: 'completion',
    summary: 'print a completion script for your shell',
    fill: async () => (await authoring()).completion,
  },
  { name: 'help', summary: 'show the help of a command', fill: async () => (await authoring()).help },
];
/** Asked for by the completion scripts. */
const HIDDEN: Entry = { name: 'complete-words', summary: '', fill: async () => (await authoring()).completeWords };

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

type Surroundings = {
  readonly run: Run;
  readonly version: string;
  readonly stdout: () => { readonly write: (text: string) => void; readonly columns: () => number | undefined };
};

/** The commands are names until they are called; `whole` makes them complete. */
export function buildProgram({ run, version, stdout }: Surroundings): { program: Command } & Pick<Kit, 'whole'> {
  const program = new Command('orchestrate').version(version, '-V, --version', 'print the version');
  withGlobalOptions(program).configureOutput({
    writeOut: (text) => stdout().write(text),
    getOutHelpWidth: () => stdout().columns() ?? 80,
    getOutHasColors: () => false,
    // Worded by main.ts, as every other failure is.
    outputError: () => undefined,
  });
  for (const { name, summary } of COMMANDS) program.command(name).summary(summary);
  program.command(HIDDEN.name, { hidden: true });
  const unfilled = new Map([...COMMANDS, HIDDEN].map((entry) => [entry.name, entry]));
  const fill = async (command: Command) => {
    const entry = unfilled.get(command.name());
    unfilled.delete(command.name());
    if (entry !== undefined) (await entry.fill())(command, kit);
  };
  const whole = async () => {
    for (const command of program.commands) await fill(command);
    return program;
  };
  const kit: Kit = { run, whole };
  program.hook('preSubcommand', (_, command) => fill(command));
  return { program, whole };
}

/** What a command of the program takes is not known before it is filled; those below it are filled with it. */
function termOf(command: Command): string {
  const takes = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  return command.parent?.parent ? `${command.name()}${takes.join('')}` : command.name();
}

function withGlobalOptions(program: Command): Command {
  return program
    .description(DESCRIPTION)
    .helpOption('-h, --help', 'show help')
    .option('-C <dir>', 'work on the project in this folder')
    .option('--json', 'print one JSON document (for "run": one JSON object a line)')
    .option('--no-color', 'no colours (also: NO_COLOR)')
    .option('-q, --quiet', 'say only what must be seen')
    .option('-v, --verbose', 'say more')
    .option('--no-input', 'ask nothing, as if there were no terminal')
    .addOption(new Option('--provider <name>', 'who answers prompts').choices(PROVIDERS))
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, subcommandTerm: termOf })
    .exitOverride()
    .addHelpText('after', EXAMPLES);
}

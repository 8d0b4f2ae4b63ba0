// The commands that write, check or describe files, in the tree of commands: options and help.

import { type Command, Option } from 'commander';
import { suggest } from '../../base/text.ts';
import { TASK_TYPES } from '../../runbook/words.ts';
import { examples, type Fill } from './kit.ts';

export const init: Fill = (command, { run }) => {
  command
    .description('Writes a small project with one task of each type. Overwrites nothing.')
    .argument('[dir]', 'the folder', '.')
    .addHelpText('after', examples('orchestrate init my-project', 'orchestrate -C my-project run'))
    .action((dir: string) => run(async (app) => (await import('../init.ts')).init(app, { dir })));
};

export const add: Fill = (command, { run }) => {
  command
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
    .action((id: string, options) => run(async (app) => (await import('../add.ts')).add(app, { ...options, id })));
};

export const schema: Fill = (command, { run }) => {
  command
    .description('Prints the JSON Schema of a file kind, for editors and other tools.')
    .argument('[kind]', 'runbook, task, template, recording, models, quickies, or events (of run --json)', 'runbook')
    .option('--write', 'write all of them to .orchestrate/schemas/ in the project')
    .addHelpText('after', examples('orchestrate schema task', 'orchestrate schema --write'))
    .action((kind: string, options) =>
      run(async (app) => (await import('../schema.ts')).schema(app, { ...options, kind })),
    );
};

export const doctor: Fill = (command, { run }) => {
  command
    .description('Checks Node, the project, its databases and its log, and what is needed to call a model.')
    .option('--repair', 'mend what can be mended; damaged files are kept beside the new ones')
    .addOption(
      new Option(
        '--keep <which>',
        'which states count, when the files went back to an older version of the whole',
      ).choices(['files', 'journal']),
    )
    .addHelpText('after', examples('orchestrate doctor', 'orchestrate doctor --repair'))
    .action((options) => run(async (app) => (await import('../doctor.ts')).doctor(app, options)));
};

export const completion: Fill = (command, { run, whole }) => {
  command
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
      run(async (app) => (await import('../completion.ts')).completion(app, { shell, program: await whole() })),
    );
};

export const completeWords: Fill = (command, { run }) => {
  command
    .argument('<kind>')
    .argument('[name]')
    .action((kind: string, name: string | undefined) =>
      run(async (app) => (await import('../completion.ts')).completeWords(app, { kind, name })),
    );
};

/** In place of commander's own, which would show a command that is not filled. */
export const help: Fill = (command, { whole }) => {
  command.argument('[command...]', 'the command').action(async (names: readonly string[]) => {
    if (names.length === 0) return command.parent?.outputHelp();
    let at = await whole();
    for (const name of names) {
      const next = at.commands.find((each) => each.name() === name);
      if (next === undefined) return command.error(unknown(name, at), { code: 'commander.unknownCommand' });
      at = next;
    }
    at.outputHelp();
  });
};

/** In commander's words, which main.ts puts into ours. */
function unknown(name: string, { commands }: Command): string {
  const meant = suggest(
    name,
    commands.map((each) => each.name()),
  );
  return `error: unknown command '${name}'${meant === undefined ? '' : `\n(Did you mean ${meant}?)`}`;
}

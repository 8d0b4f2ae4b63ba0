// The commander tree as completion scripts need it: commands, options, and what stands behind each. Knows no shell.

import type { Argument, Command, Option } from 'commander';
import { SCHEMA_KINDS } from '../../authoring/schema-files.ts';
import { EVENT_TYPES } from '../../events/types.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Ids of tasks, asked of the program when they are needed. */
  | { readonly kind: 'tasks' }
  /** Names of quickie templates, and the inputs of the one that is named. */
  | { readonly kind: 'quickies' }
  | { readonly kind: 'inputs' }
  | { readonly kind: 'files' }
  | { readonly kind: 'folders' }
  /** Free text: nothing can be offered. */
  | { readonly kind: 'text' };

export type Flag = {
  /** `-q`, `--quiet`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Absent where it takes no value. `many`: every word up to the next option. */
  readonly takes?: { readonly values: Values; readonly many: boolean };
};

export type Node = {
  /** `orchestrate run`: what is typed to get here. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly places: readonly { readonly values: Values; readonly many: boolean }[];
  readonly children: readonly Node[];
};

/** The visible commands, with the options of the commands above each among its own. */
export function completionTree(program: Command): Node {
  return nodeOf(program, { path: '', flags: [], commands: [] });
}

/** The node and everything below it. */
export function allNodes(node: Node): Node[] {
  return [node, ...node.children.flatMap(allNodes)];
}

type Above = {
  readonly path: string;
  readonly flags: readonly Flag[] /** For `help <command>`. */;
  readonly commands: readonly string[];
};

function nodeOf(command: Command, above: Above): Node {
  const help = command.createHelp();
  const name = command.name();
  const path = above.path === '' ? name : `${above.path} ${name}`;
  const flags = merged(help.visibleOptions(command).map(flagOf), above.flags);
  // The version is the program's, not a command's.
  const passedOn = flags.filter(({ names }) => !names.includes('--version'));
  const commands = help.visibleCommands(command);
  const names = commands.map((child) => child.name());
  return {
    path,
    name,
    summary: command.summary() || command.description(),
    flags,
    places: command.registeredArguments.map((argument) => ({
      values: valuesOf(argument.name(), { command, choices: argument.argChoices, commands: above.commands }),
      many: argument.variadic,
    })),
    children: commands.map((child) => nodeOf(child, { path, flags: passedOn, commands: names })),
  };
}

function merged(own: readonly Flag[], above: readonly Flag[]): Flag[] {
  const taken = new Set(own.flatMap(({ names }) => names));
  return [...own, ...above.filter(({ names }) => !names.some((name) => taken.has(name)))];
}

function flagOf(option: Option): Flag {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const placeholder = /[<[]([\w-]+)/.exec(option.flags)?.[1];
  if (placeholder === undefined) return { names, description: option.description };
  const values = valuesOf(placeholder, { choices: option.argChoices });
  return { names, description: option.description, takes: { values, many: option.variadic } };
}

type About = {
  readonly command?: Command;
  readonly choices?: Argument['argChoices'] | undefined;
  readonly commands?: readonly string[];
};

/** By the name that the help gives the value: `<id>`, `<file>`. */
function valuesOf(placeholder: string, { command, choices, commands = [] }: About): Values {
  if (choices) return { kind: 'words', words: choices };
  switch (placeholder) {
    case 'id':
    case 'ids':
      // The id of a task that is to be made is nobody's yet.
      return command?.name() === 'add' ? { kind: 'text' } : { kind: 'tasks' };
    case 'quickie':
      return { kind: 'quickies' };
    case 'input':
      return { kind: 'inputs' };
    case 'file':
      return { kind: 'files' };
    case 'dir':
      return { kind: 'folders' };
    case 'shell':
      return { kind: 'words', words: SHELLS };
    case 'kind':
      return { kind: 'words', words: [...SCHEMA_KINDS, 'events'] };
    case 'types':
      return { kind: 'words', words: EVENT_TYPES };
    case 'command':
      return { kind: 'words', words: commands };
    default:
      return { kind: 'text' };
  }
}

/** A word of a script that stands for the values: `@tasks`, or the words themselves. */
export function token(values: Values): string {
  return values.kind === 'words' ? values.words.join(' ') : `@${values.kind}`;
}

/** In single quotes for sh and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

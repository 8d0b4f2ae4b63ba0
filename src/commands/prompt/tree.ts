// `orchestrate prompt` in the tree of commands. Its conversations are built on another branch, whose file takes the place of this one.

import type { Command } from 'commander';

export function promptCommands(program: Command): Command {
  return program
    .command('prompt')
    .summary('prompts: conversations, chains, batches')
    .description('Works with prompts.');
}

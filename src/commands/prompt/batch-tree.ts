// The commands of `orchestrate prompt` that are no conversation, in the tree of commands: names, options, help. Loads what runs them
// when it is called.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { collected, examples, type Run, withCallOptions } from '../tree/kit.ts';

const VAR = '--var <name=value>';
const MOST_JOBS = 256;

function jobs(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > MOST_JOBS)
    throw new InvalidArgumentError(`Give a whole number from 1 to ${MOST_JOBS}.`);
  return number;
}

/**
 * What every batch takes, whatever makes its questions.
 * @public
 */
export function withBatchOptions(command: Command): Command {
  return command
    .requiredOption('--inputs <file>', 'JSON Lines or CSV: one record for each question')
    .addOption(
      new Option('--format <format>', "the inputs' format, where its name does not tell it").choices([
        'jsonl',
        'csv',
        'tsv',
      ]),
    )
    .option('-j, --jobs <n>', 'how many calls may be made at once; fewer while the server says it is too much', jobs, 4)
    .option('--out <file>', 'where the results go, as JSON Lines (default: stdout)')
    .option('--retry-failed', 'ask those again whose last call failed')
    .option('--fresh', 'ask all of them anew, also what was answered before')
    .option('--yes', 'send although the runbook has confirm_send');
}

export function addBatchCommands(prompt: Command, run: Run): void {
  withCallOptions(withBatchOptions(prompt.command('batch')))
    .summary('one prompt, many inputs')
    .description(
      'Asks a prompt once for each record of a file and writes the results as JSON Lines, in the order of the inputs. Given again, the same command goes on where it was stopped or killed: what was answered is taken from the history and not paid for twice.',
    )
    .argument('<prompt>', 'a name in prompt_templates/, or a path')
    .option(VAR, 'a value for all records that give none themselves; can be repeated', collected)
    .option('--model <name>', "the model (default: the prompt's, then that of the settings)")
    .addHelpText(
      'after',
      examples(
        'orchestrate prompt batch review --inputs reviews.csv -j 8 --out results.jsonl',
        'orchestrate prompt batch review --inputs reviews.csv --out results.jsonl --retry-failed',
        'orchestrate prompt batch review --inputs reviews.jsonl --max-cost 2 | jq -r .output',
      ),
    )
    .action((name: string, options) =>
      run(async (app) => (await import('./batch.ts')).batch(app, { ...options, prompt: name })),
    );

  withCallOptions(prompt.command('chain'))
    .summary('several prompts in sequence, each with the answer of the one before')
    .description(
      'Asks several prompts one after the other; each may use {{ previous }}, the answer of the one before. The last answer goes to stdout. Stops at the first failure; given again, the same command goes on from there.',
    )
    .argument('<prompts...>', 'names in prompt_templates/, or paths, in their order')
    .option(VAR, 'a value for every prompt that knows the variable; can be repeated', collected)
    .option('--model <name>', "the model for all of them (default: each prompt's own, then that of the settings)")
    .option('--fresh', 'ask all of them anew, also after a failure')
    .addHelpText(
      'after',
      examples(
        'orchestrate prompt chain outline draft polish --var topic="tides"',
        'orchestrate prompt chain summary translate --var previous="$(cat notes.txt)" > notes.fr.txt',
      ),
    )
    .action((prompts: string[], options) =>
      run(async (app) => (await import('./chain.ts')).chain(app, { ...options, prompts })),
    );

  utilityCommands(prompt, run);
}

/** What every command takes that has a model write a prompt. */
function withOffer(command: Command): Command {
  return command
    .option('--model <name>', 'the model')
    .option('--out <file>', 'save it in this file, unasked')
    .option('--yes', 'save it unasked, unless a warning is to be looked at');
}

function utilityCommands(prompt: Command, run: Run): void {
  withCallOptions(withOffer(prompt.command('generate')))
    .summary('have a prompt written')
    .description(
      'Has a model write a prompt template from what you need, shows it, and saves it when you accept it. Nothing of the call is kept but its cost. prompt_templates/generate-prompt.md takes the place of the built-in prompt.',
    )
    .argument('<need>', 'what the prompt is to do')
    .addHelpText(
      'after',
      examples(
        'orchestrate prompt generate "summarise a bug report for the person on call"',
        'orchestrate prompt generate "translate a text" --out prompt_templates/translate.md',
      ),
    )
    .action((wish: string, options) =>
      run(async (app) => (await import('./generate.ts')).generate(app, { ...options, wish })),
    );

  withCallOptions(withOffer(prompt.command('optimize')))
    .summary('have a prompt improved')
    .description(
      'Has a model improve a prompt template, shows what would change, and saves it when you accept it. Nothing of the call is kept but its cost. prompt_templates/optimize-prompt.md and optimize-system.md take the place of the built-in prompts.',
    )
    .argument('<template>', 'a name in prompt_templates/, or a path')
    .option('--system-only', 'its system prompt alone; every other byte stays')
    .option('--goal <text>', 'what is to become better')
    .addHelpText(
      'after',
      examples(
        'orchestrate prompt optimize review',
        'orchestrate prompt optimize review --system-only --goal "shorter, and stricter about sources"',
      ),
    )
    .action((template: string, options) =>
      run(async (app) => (await import('./optimize.ts')).optimize(app, { ...options, template })),
    );
}

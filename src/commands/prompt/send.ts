// `orchestrate prompt send`: one message, its answer on stdout as it comes.

import type { App, WaitOption } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { loadPrompt } from '../../prompts/open-prompt.ts';
import type { SendResult } from '../../prompts/send.ts';
import type { State } from '../../prompts/state.ts';
import { checkGiven, type Pairs, readPairs } from '../../prompts/variables.ts';
import type { Problem } from '../../runbook/problem.ts';
import { writeJson } from '../../terminal/io.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { asFailure, findState, type Opened, withConversations } from './open.ts';
import { exitOf, jsonOf, sendIn, textFromStdin } from './sending.ts';
import { recordsUntracked } from './start.ts';

export type SendOptions = CallOptions & {
  readonly id: string;
  readonly text: string | undefined;
  readonly var?: readonly string[];
  readonly wait?: WaitOption;
};

/** With those that the sending itself would find in the other values. */
async function allProblems({ home }: Opened, state: State, given: Pairs): Promise<readonly Problem[]> {
  const prompt = await loadPrompt(home, { from: state.prompt_from, file: state.prompt });
  return prompt.ok ? checkGiven(prompt.value, given) : [...given.problems, ...prompt.error];
}

export async function send(app: App, options: SendOptions): Promise<number> {
  const sent = await withConversations(app, options.id, async (opened): Promise<Result<SendResult, Failure>> => {
    const flags = callFlags(app, options);
    if (!flags.ok) return flags;
    const state = findState(opened.store, options.id);
    if (!state.ok) return state;
    const given = readPairs(options.var ?? []);
    if (given.problems.length > 0) return err(await asFailure(await allProblems(opened, state.value, given)));
    if (!state.value.track && options.record !== undefined) return err(recordsUntracked());
    const text = options.text === undefined ? await textFromStdin(app.signal) : ok(options.text);
    if (!text.ok) return text;
    return sendIn(app, opened, state.value, {
      text: text.value,
      values: given.values,
      flags: flags.value,
      wait: options.wait,
    });
  });
  if (!sent.ok) return fail(app.io, sent.error);
  if (app.io.json) writeJson(app.io, jsonOf(sent.value));
  return exitOf(sent.value);
}

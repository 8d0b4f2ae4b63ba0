// `orchestrate prompt send`: one message, its answer on stdout as it comes.

import type { App, WaitOption } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { SendResult } from '../../prompts/send.ts';
import { readPairs } from '../../prompts/variables.ts';
import { writeJson } from '../../terminal/io.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { asFailure, findState, withConversations } from './open.ts';
import { exitOf, sendIn, textFromStdin } from './sending.ts';
import { recordsUntracked } from './start.ts';

export type SendOptions = CallOptions & {
  readonly id: string;
  readonly text: string | undefined;
  readonly var?: readonly string[];
  readonly wait?: WaitOption;
};

export async function send(app: App, options: SendOptions): Promise<number> {
  const sent = await withConversations(app, async (opened): Promise<Result<SendResult, Failure>> => {
    const flags = callFlags(app, options);
    if (!flags.ok) return flags;
    const values = readPairs(options.var ?? []);
    if (!values.ok) return err(await asFailure(values.error));
    const state = findState(opened.store, options.id);
    if (!state.ok) return state;
    if (!state.value.track && options.record !== undefined) return err(recordsUntracked());
    const text = options.text === undefined ? await textFromStdin(app.signal) : ok(options.text);
    if (!text.ok) return text;
    return sendIn(app, opened, state.value, {
      text: text.value,
      values: values.value,
      flags: flags.value,
      wait: options.wait,
    });
  });
  if (!sent.ok) return fail(app.io, sent.error);
  if (app.io.json) writeJson(app.io, jsonOf(sent.value));
  return exitOf(sent.value);
}

export function jsonOf({ state, message, answer, failure }: SendResult): Record<string, unknown> {
  const { id, run_id, status } = state;
  return {
    conversation: { id, run_id, status, messages: state.messages.length },
    message: { ...message, answer },
    ...(failure === undefined
      ? {}
      : { error: { code: failure.code, message: failure.message, advice: failure.advice, exit_code: 1 } }),
  };
}

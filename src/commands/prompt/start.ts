// `orchestrate prompt start` and `prompt fork`: a new conversation, and with --send its first message. Its id is the result.

import type { App, WaitOption } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { count, localTime, oneLine } from '../../base/text.ts';
import type { CallFlags } from '../../calls/types.ts';
import type { ConversationRow } from '../../history/conversations.ts';
import type { Home } from '../../home.ts';
import { loadPrompt, openPrompt } from '../../prompts/open-prompt.ts';
import { valuesNow } from '../../prompts/prepare.ts';
import type { SendResult } from '../../prompts/send.ts';
import { type Beginning, forkConversation, type StartWish, startConversation } from '../../prompts/start.ts';
import type { State } from '../../prompts/state.ts';
import { checkGiven, readPairs } from '../../prompts/variables.ts';
import type { Problem } from '../../runbook/problem.ts';
import { fileId } from '../../system/files.ts';
import { writeJson } from '../../terminal/io.ts';
import { wrap } from '../../terminal/wrap.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import {
  asFailure,
  findId,
  findRunId,
  holdsSecret,
  type Opened,
  withConversations,
  withNewConversation,
} from './open.ts';
import { exitOf, jsonOf, preparing, sendIn } from './sending.ts';

export type StartOptions = CallOptions & {
  readonly prompt: string;
  readonly var?: readonly string[];
  readonly name?: string;
  readonly run?: string;
  readonly model?: string;
  readonly task?: string;
  readonly track: boolean;
  readonly chat: boolean;
  readonly send?: string | true;
  readonly wait?: WaitOption;
};

type Begun = Beginning & { readonly missing: readonly Problem[]; readonly sent: SendResult | undefined };

export async function start(app: App, options: StartOptions): Promise<number> {
  const flags = callFlags(app, options);
  if (!flags.ok) return fail(app.io, flags.error);
  const begun = await withNewConversation(
    app,
    (home) => checkWish(app, home, options),
    async (opened, wish): Promise<Result<Begun, Failure>> => {
      const run = options.run === undefined ? ok(undefined) : findRunId(opened.store, options.run);
      if (!run.ok) return run;
      const made = startConversation(opened.store, { ...wish, runId: run.value });
      if (!made.ok) return made;
      if (options.send !== undefined)
        return sendFirst(app, opened, { options, flags: flags.value, wish, made: made.value });
      const missing = await notYet(opened, made.value.state);
      return ok({ ...made.value, missing, sent: undefined });
    },
  );
  if (!begun.ok) return fail(app.io, begun.error);
  const { sent } = begun.value;
  if (app.io.json) tellJson(app, begun.value);
  else if (sent === undefined) {
    tell(app, begun.value);
    app.io.out(`${begun.value.state.id}\n`);
  }
  return sent === undefined ? 0 : exitOf(sent);
}

type First = {
  readonly options: StartOptions;
  readonly flags: CallFlags;
  readonly wish: Wish;
  readonly made: Beginning;
};

async function sendFirst(
  app: App,
  opened: Opened,
  { options, flags, wish, made }: First,
): Promise<Result<Begun, Failure>> {
  if (!app.io.json) tell(app, { ...made, missing: [], sent: undefined });
  const text = options.send === true || options.send === undefined ? '' : options.send;
  // What is not kept is given to the message itself.
  const values = wish.track ? {} : wish.values;
  const sent = await sendIn(app, opened, made.state, { text, values, flags, wait: options.wait });
  return sent.ok ? ok({ ...made, state: sent.value.state, missing: [], sent: sent.value }) : sent;
}

type Wish = Omit<StartWish, 'runId'>;

/** Nothing is begun where anything is wrong with what was given. */
async function checkWish(app: App, home: Home, options: StartOptions): Promise<Result<Wish, Failure>> {
  const { name, model, track, chat } = options;
  const taskId = options.task ?? surroundingTask(app, home);
  const prompt = await openPrompt(home, options.prompt);
  const given = readPairs(options.var ?? []);
  const { values } = given;
  if (!prompt.ok) return err(await asFailure([...prompt.error, ...given.problems]));
  const problems = checkGiven(prompt.value, given);
  if (problems.length > 0) return err(await asFailure(problems));
  const kept = [...(track ? Object.values(values) : []), name ?? ''];
  const refused = refusal(options, values) ?? holdsSecret(home, kept);
  if (refused) return err(refused);
  if (taskId !== undefined) {
    const task = await preparing(home).taskValues(taskId);
    if (!task.ok) return err(await asFailure(task.error));
    if (task.value === undefined) return err({ code: 'unknown-task', id: taskId });
  }
  return ok({ prompt: prompt.value, name, values, model, taskId, track, chat });
}

/** Of a script of this project that starts a conversation. */
function surroundingTask({ env }: App, { kind, root }: Home): string | undefined {
  const { ORCHESTRATE_TASK_ID: task, ORCHESTRATE_PROJECT_DIR: dir } = env;
  return kind === 'project' && task && dir && fileId(dir) === fileId(root) ? task : undefined;
}

function refusal({ track, send, record }: StartOptions, values: Readonly<Record<string, string>>): Failure | undefined {
  if (track) return undefined;
  if (record !== undefined) return recordsUntracked();
  if (send !== undefined || Object.keys(values).length === 0) return undefined;
  return {
    code: 'usage',
    message: 'with --no-track no values are kept, so those of --var would be lost',
    advice: 'give them with each message (prompt send --var), or send the first one at once with --send',
  };
}

export function recordsUntracked(): Failure {
  const message = '--record keeps the content of a conversation of which nothing is to be kept (--no-track)';
  return { code: 'usage', message, advice: 'leave one of the two out' };
}

/** What would keep the first message from being sent as things are; it may be set later. */
async function notYet({ home }: Opened, state: State): Promise<readonly Problem[]> {
  const prompt = await loadPrompt(home, { from: state.prompt_from, file: state.prompt });
  if (!prompt.ok) return prompt.error;
  const values = await valuesNow(preparing(home), state, { prompt: prompt.value, given: { text: 'x', values: {} } });
  return values.ok ? [] : values.error;
}

function tell({ io }: App, { state, alike, missing }: Begun): void {
  if (io.quiet) return;
  const say = (text: string) => io.err(`${wrap(text, { width: io.errWidth, hanging: '  ' })}\n`);
  const kept = state.track ? '' : ', nothing of it kept';
  say(
    `${io.errStyle.bold(oneLine(state.name))} ${io.errStyle.dim(`(${state.id.slice(0, 8)} · ${oneLine(state.prompt)}${kept})`)}`,
  );
  const [first] = alike;
  if (first !== undefined) say(io.errStyle.dim(alikeWords(first)));
  for (const { message, advice } of missing)
    say(`${io.errStyle.warn('not yet')}: ${oneLine(message)}${advice === undefined ? '' : ` (${oneLine(advice)})`}`);
}

function alikeWords({ id, messages, created_at }: ConversationRow): string {
  return `started with the same prompt, values and model as ${id.slice(0, 8)} (${count(messages, 'message')}, ${localTime(created_at)})`;
}

function tellJson({ io }: App, { state, alike, missing, sent }: Begun): void {
  writeJson(io, {
    ...(sent === undefined ? {} : jsonOf(sent)),
    conversation: state,
    started_alike: alike.map(({ id }) => id),
    not_yet: missing.map(({ message }) => message),
  });
}

export type ForkOptions = {
  readonly id: string;
  readonly at: number;
  readonly name?: string;
  readonly run?: string;
};

export async function fork(app: App, { id, at, name, run }: ForkOptions): Promise<number> {
  const begun = await withConversations(app, id, ({ home, store }): Result<Beginning, Failure> => {
    const whole = findId(store, id);
    if (!whole.ok) return whole;
    const runId = run === undefined ? ok(undefined) : findRunId(store, run);
    if (!runId.ok) return runId;
    const secret = holdsSecret(home, [name ?? '']);
    return secret ? err(secret) : forkConversation(store, whole.value, { at, name, runId: runId.value });
  });
  if (!begun.ok) return fail(app.io, begun.error);
  const { state } = begun.value;
  if (app.io.json) writeJson(app.io, { conversation: state });
  else {
    if (!app.io.quiet)
      app.io.err(`${oneLine(state.name)}: ${count(at, 'message')} of ${state.forked_from?.id.slice(0, 8)}\n`);
    app.io.out(`${state.id}\n`);
  }
  return 0;
}

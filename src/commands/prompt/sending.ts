// A send as a command makes it: the parts it is made of, the lock, the answer on stdout as it comes, the line of figures on stderr.

import type { App, WaitOption } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { oneLine } from '../../base/text.ts';
import type { CallFlags } from '../../calls/types.ts';
import type { ConversationStore } from '../../history/conversations.ts';
import { type Home, type OpenHome, openModels } from '../../home.ts';
import { takeSendLock } from '../../prompts/lock.ts';
import type { PrepareParts } from '../../prompts/prepare.ts';
import { type SendFailure, type SendNews, type SendResult, sendMessage } from '../../prompts/send.ts';
import type { State } from '../../prompts/state.ts';
import { isPlainOutput } from '../../system/output.ts';
import { readStdin, stdinKind } from '../../system/stdin.ts';
import { createAnswerStream } from '../../terminal/answer-stream.ts';
import { filteredIo, type Io } from '../../terminal/io.ts';
import { createReporter } from '../../terminal/reporter.ts';
import { wrap } from '../../terminal/wrap.ts';
import { asFailure, BESIDE, type Opened, waitMs } from './open.ts';
import { taskValues } from './task-values.ts';
import { drawChange, figures } from './words.ts';

export type Sending = {
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
  readonly flags: CallFlags;
  readonly wait: WaitOption | undefined;
};

export function preparing(home: Home): PrepareParts {
  return {
    home,
    redactor: home.redactor,
    defaultModel: home.ai.model,
    taskValues: (taskId) => taskValues(home, taskId),
  };
}

/** Under the lock of the conversation. The answer is on stdout, all else on stderr. */
export async function sendIn(
  app: App,
  { home, store }: Opened,
  state: State,
  sending: Sending,
): Promise<Result<SendResult, Failure>> {
  const lock = await takeSendLock(home.dataRoot, state.id, {
    forMs: waitMs(sending.wait),
    signal: app.signal,
    onWait: (heldBy) => app.io.err(`Waiting for the process that sends in this conversation (${heldBy}).\n`),
  });
  if (!lock.ok) return lock;
  const models = await openModels(app, home, { flags: sending.flags, runId: state.run_id });
  try {
    const sent = await sendWith(app, { home, store, models }, { state, sending });
    return sent.ok ? sent : err(await failureOf(sent.error, state));
  } finally {
    models.close();
    lock.value.release();
  }
}

async function sendWith(
  app: App,
  { home, store, models }: Opened & { readonly models: OpenHome },
  { state, sending }: { state: State; sending: Sending },
): Promise<Result<SendResult, SendFailure>> {
  const show = answerOnStdout(app.io, home);
  const parts = { ...preparing(home), store, models: models.models, ai: home.ai, keepBesideIn: BESIDE };
  const sent = await sendMessage(parts, state, { text: sending.text, values: sending.values, report: show.report });
  show.end();
  if (sent.ok) tellEnd(app.io, store, sent.value);
  return sent;
}

async function failureOf(failure: SendFailure, state: State): Promise<Failure> {
  switch (failure.kind) {
    case 'problems':
      return asFailure(failure.problems);
    case 'refused': {
      const { message, advice, badInput } = failure.refused;
      return badInput ? { code: 'usage', message, advice } : { code: 'waiting', message, advice };
    }
    case 'failure':
      return failure.failure;
    case 'nothing-to-say': {
      const message = 'there is nothing to send: no text is given, and the prompt is as it was sent before';
      const id = state.id.slice(0, 8);
      return { code: 'usage', message, advice: `give a text: orchestrate prompt send ${id} "…"` };
    }
  }
}

type Shown = { readonly report: (news: SendNews) => void; readonly end: () => void };

/** A pipe gets the answer as it is; a terminal gets it so that it cannot be steered. */
function answerOnStdout(io: Io, { redactor }: Home): Shown {
  const told = createReporter(filteredIo(io, redactor.text));
  const answer = isPlainOutput(1) ? undefined : createAnswerStream(io.style, true);
  let last = '\n';
  const write = (text: string) => {
    if (text === '') return;
    last = text.at(-1) ?? last;
    io.out(text);
  };
  const endLine = () => {
    write(answer?.end() ?? '');
    if (last !== '\n') write('\n');
  };
  const report = (news: SendNews) => {
    switch (news.kind) {
      case 'model-text':
        return io.json ? undefined : write(answer?.push(news.text) ?? news.text);
      case 'values-changed':
        return io.quiet ? undefined : io.err(changeLines(news, io));
      case 'model-sent':
      case 'model-done':
        return undefined;
      case 'model-retry':
      case 'note':
      case 'warning':
        endLine();
        return told(news);
    }
  };
  return { report, end: endLine };
}

function changeLines({ message, changes }: Extract<SendNews, { kind: 'values-changed' }>, io: Io): string {
  const lines = changes.map((change) => `${drawChange(change)}\n`);
  return io.errStyle.dim(`changed since message ${message}:\n${lines.map((line) => `  ${line}`).join('')}`);
}

/** Time, tokens and cost of the message, and what the run has come to; or why there is no answer. */
function tellEnd(io: Io, store: ConversationStore, { message, state, failure }: SendResult): void {
  if (failure !== undefined && !io.json) {
    const head = `${io.errStyle.bad('error')}: ${oneLine(failure.message)}`;
    const advice = `${io.errStyle.accent('→')} ${oneLine(failure.advice)}; then send it again: orchestrate prompt send ${state.id.slice(0, 8)}`;
    io.err(
      `${wrap(head, { width: io.errWidth, hanging: '  ' })}\n${wrap(advice, { width: io.errWidth, indent: '  ', hanging: '  ' })}\n`,
    );
  }
  if (io.quiet || io.json) return;
  const run = store.run(state.run_id);
  io.err(`${io.errStyle.dim(figures(message, run.ok ? run.value : undefined))}\n`);
}

/** The exit code of a send: a failed one is 1, as a failed task. */
export function exitOf({ message }: SendResult): number {
  return message.status === 'complete' ? 0 : 1;
}

const MOST_STDIN_BYTES = 16 * 1024 * 1024;
/** A pipe that nobody writes to, as a program leaves it that started us: not waited for longer. */
const FIRST_BYTE_MS = 10_000;

/** The text of stdin, where it is a pipe or a file. */
export async function textFromStdin(signal: AbortSignal): Promise<Result<string, Failure>> {
  const kind = stdinKind();
  if (kind !== 'pipe' && kind !== 'file') return ok('');
  const read = await readStdin({ maxBytes: MOST_STDIN_BYTES, firstByteMs: FIRST_BYTE_MS, signal });
  const bad = (message: string): Result<never, Failure> =>
    err({ code: 'usage', message, advice: 'give the text as an argument' });
  switch (read.kind) {
    case 'bytes':
      return ok(read.bytes.toString('utf8').replace(/\r?\n$/, ''));
    case 'silent':
      return bad('nothing came on stdin for 10 s, and its end did not come either');
    case 'too-long':
      return bad('the text on stdin is longer than 16 MB');
    case 'interrupted':
      return bad('interrupted while reading stdin');
    case 'failed':
      return bad(`stdin cannot be read (${read.errno})`);
  }
}

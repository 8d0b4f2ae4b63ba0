// `orchestrate prompt resume`: shows what was said and goes on: with the text on stdin, or in a terminal text by text.

import type { App, WaitOption } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { count, neutralise, oneLine } from '../../base/text.ts';
import type { CallFlags } from '../../calls/types.ts';
import { loadState, refresh } from '../../prompts/conversation.ts';
import type { State } from '../../prompts/state.ts';
import { writeJson } from '../../terminal/io.ts';
import { wrap } from '../../terminal/wrap.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { set } from './change.ts';
import { drawConversation, drawMessages } from './draw.ts';
import { findId, type Opened, unknown, withConversations } from './open.ts';
import { show, vars } from './read.ts';
import { jsonOf } from './send.ts';
import { exitOf, sendIn, textFromStdin } from './sending.ts';

export type ResumeOptions = CallOptions & { readonly id: string | undefined; readonly wait?: WaitOption };

/** So many messages are shown before a person goes on. */
const SHOWN = 10;

export async function resume(app: App, options: ResumeOptions): Promise<number> {
  const flags = callFlags(app, options);
  if (!flags.ok) return fail(app.io, flags.error);
  const resumed = await withConversations(app, async (opened): Promise<Result<number, Failure>> => {
    const id = options.id === undefined ? newest(opened) : findId(opened.store, options.id);
    const state = id.ok ? loadState(opened.store, id.value) : id;
    if (!state.ok) return state;
    const session: Session = { app, opened, flags: flags.value, wait: options.wait };
    return app.io.interactive ? talk(session, state.value) : once(session, state.value);
  });
  return resumed.ok ? resumed.value : fail(app.io, resumed.error);
}

type Session = {
  readonly app: App;
  readonly opened: Opened;
  readonly flags: CallFlags;
  readonly wait: WaitOption | undefined;
};

function newest({ store }: Opened): Result<string, Failure> {
  const rows = store.list({}, 1);
  if (!rows.ok) return rows;
  const [row] = rows.value;
  return row === undefined ? err({ ...unknown(''), message: 'there is no conversation yet' } as Failure) : ok(row.id);
}

/** Without a terminal: what was said, or the answer to what is piped in. */
async function once({ app, opened, flags, wait }: Session, state: State): Promise<Result<number, Failure>> {
  const text = await textFromStdin(app.signal);
  if (!text.ok) return text;
  const run = opened.store.run(state.run_id);
  if (!run.ok) return run;
  if (text.value.trim() === '') {
    if (app.io.json) writeJson(app.io, { conversation: state, run: run.value ?? null });
    else app.io.out(drawConversation(state, run.value, app.io));
    return ok(0);
  }
  if (!app.io.quiet && !app.io.json) app.io.err(drawConversation(state, run.value, app.io));
  const sent = await sendIn(app, opened, state, { text: text.value, values: {}, flags, wait });
  if (!sent.ok) return sent;
  if (app.io.json) writeJson(app.io, jsonOf(sent.value));
  return ok(exitOf(sent.value));
}

async function talk(session: Session, first: State): Promise<Result<number, Failure>> {
  const { app, opened } = session;
  const { readLine } = await import('../../terminal/line-editor.ts');
  const { io } = app;
  greet(app, first);
  const said = first.messages
    .map(({ text }) => text)
    .filter((text) => text !== '')
    .toReversed();
  let state = first;
  while (!app.signal.aborted) {
    const text = await readLine({ prompt: '› ', history: said, signal: app.signal, onInterrupt: app.interrupt });
    if (text === undefined) break;
    const now = refresh(opened.store, state);
    if (!now.ok) return now;
    if (now.value.messages.length > state.messages.length) tellMeanwhile(app, now.value, state);
    state = now.value;
    const command = /^\/(\w*)\s*(.*)$/s.exec(text);
    if (command) {
      if (await isOver(session, state, { name: command[1] ?? '', rest: command[2] ?? '' })) break;
      continue;
    }
    if (text.trim() === '' && state.input === '' && state.messages.length > 0) continue;
    if (text !== '') said.unshift(text);
    state = await say(session, state, text);
    io.err('\n');
  }
  return ok(0);
}

function greet({ io }: App, state: State): void {
  const hidden = Math.max(0, state.messages.length - SHOWN);
  if (hidden > 0) io.err(io.errStyle.dim(`… ${count(hidden, 'earlier message')} ("/show" shows all)\n\n`));
  io.err(drawMessages(state, { style: io.errStyle, width: io.width }, hidden));
  const head = `${oneLine(state.name)} (${state.id.slice(0, 8)}). Write, and press Enter to send; "/help" says what else there is, Ctrl-D ends.`;
  io.err(`${wrap(io.errStyle.dim(head), { width: io.errWidth })}\n`);
  if (state.input !== '')
    io.err(`${io.errStyle.dim('Waits to be sent (Enter alone sends it):')} ${neutralise(state.input)}\n`);
}

function tellMeanwhile({ io }: App, now: State, before: State): void {
  io.err(io.errStyle.dim('Meanwhile, from another process:\n'));
  io.err(drawMessages(now, { style: io.errStyle, width: io.width }, before.messages.length));
}

/** A failure is told, and the conversation goes on. */
async function say({ app, opened, flags, wait }: Session, state: State, text: string): Promise<State> {
  const sent = await sendIn(app, opened, state, { text, values: {}, flags, wait });
  if (sent.ok) return sent.value.state;
  fail(app.io, sent.error);
  const now = refresh(opened.store, state);
  return now.ok ? now.value : state;
}

const HELP = `  /set NAME=VALUE   set a variable, from the next message on
  /vars             the values that the next message would use
  /show             everything that was said
  /quit             leave (also Ctrl-D); "prompt resume" goes on later
  A backslash at the end of a line continues it on the next one.
`;

/** Whether the person leaves. */
async function isOver(
  { app }: Session,
  { id }: State,
  { name, rest }: { name: string; rest: string },
): Promise<boolean> {
  switch (name) {
    case 'quit':
    case 'exit':
      return true;
    case 'set':
      await set(app, { id, pairs: [rest] });
      return false;
    case 'vars':
      await vars(app, { id });
      return false;
    case 'show':
      await show(app, { id });
      return false;
    default:
      app.io.err(
        name === 'help'
          ? HELP
          : `There is no command "/${oneLine(name)}". A space before it sends it as text.\n${HELP}`,
      );
      return false;
  }
}

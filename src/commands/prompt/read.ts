// `orchestrate prompt show`, `list`, `vars`, `export`, `check`: for looking. They change nothing but to settle what a dead program left.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { count, oneLine } from '../../base/text.ts';
import type { ConversationStore, RunRow } from '../../history/conversations.ts';
import { type Checked, checkConversations } from '../../prompts/check.ts';
import { rebuilt, recordedEvents } from '../../prompts/conversation.ts';
import { loadPrompt } from '../../prompts/open-prompt.ts';
import { valuesNow } from '../../prompts/prepare.ts';
import { noMessage } from '../../prompts/start.ts';
import { changesBetween, lastValues, type State, upTo } from '../../prompts/state.ts';
import { type Resolved, TEXT_VARIABLE } from '../../prompts/variables.ts';
import { writeJson } from '../../terminal/io.ts';
import { wrap } from '../../terminal/wrap.ts';
import { fail } from '../outcome.ts';
import { drawConversation, drawList, type Listed, markdown } from './draw.ts';
import { asFailure, findId, findState, readConversations, unknown } from './open.ts';
import { preparing } from './sending.ts';
import { drawChange, shortValue } from './words.ts';

export type ShowOptions = { readonly id: string; readonly at?: number };
type Shown = { readonly state: State; readonly run: RunRow | undefined };

export async function show(app: App, options: ShowOptions): Promise<number> {
  const shown = await stateAt(app, options);
  if (!shown.ok) return fail(app.io, shown.error);
  const { state, run } = shown.value;
  if (app.io.json) writeJson(app.io, { conversation: state, run: run ?? null });
  else app.io.out(drawConversation(state, run, app.io));
  return 0;
}

function stateAt(app: App, { id: prefix, at }: ShowOptions): Promise<Result<Shown, Failure>> {
  return readConversations(app, err(unknown(prefix)), ({ store }): Result<Shown, Failure> => {
    const id = findId(store, prefix);
    if (!id.ok) return id;
    const state = loadAt(store, id.value, at);
    if (!state.ok) return state;
    const run = store.run(state.value.run_id);
    return run.ok ? ok({ state: state.value, run: run.value }) : run;
  });
}

/** From its events alone: all of them, or those up to a message. */
function loadAt(store: ConversationStore, id: string, at: number | undefined): Result<State, Failure> {
  const stored = store.events(id);
  if (!stored.ok) return stored;
  const events = recordedEvents(stored.value);
  const state = rebuilt(undefined, at === undefined ? events : upTo(events, at), id);
  if (!state.ok) return state;
  const enough = state.value !== undefined && (at === undefined || state.value.messages.length === at);
  return enough && state.value ? ok(state.value) : err(noMessage(id, at ?? 0));
}

export type ListOptions = { readonly lines: number; readonly prompt?: string; readonly status?: string };

export async function list(app: App, { lines, prompt, status }: ListOptions): Promise<number> {
  const listed = await readConversations(app, ok([]), ({ store }): Result<Listed[], Failure> => {
    const rows = store.list({ prompt, status }, lines + 1);
    if (!rows.ok) return rows;
    return ok(rows.value.map((row) => ({ row, run: runOf(store, row.run_id) })));
  });
  if (!listed.ok) return fail(app.io, listed.error);
  const shown = listed.value.slice(0, lines);
  const more = listed.value.length > lines;
  if (app.io.json) {
    writeJson(app.io, { conversations: shown.map(({ row, run }) => ({ ...row, run: run ?? null })), more });
    return 0;
  }
  app.io.out(drawList(shown, app.io));
  if (shown.length === 0) app.io.err('No such conversations. "orchestrate prompt start PROMPT" starts one.\n');
  if (more) app.io.err('There are older ones: -n shows more.\n');
  return 0;
}

function runOf(store: ConversationStore, id: string): RunRow | undefined {
  const run = store.run(id);
  return run.ok ? run.value : undefined;
}

type Values = { readonly state: State; readonly resolved: Resolved };

/** The values that a send at this moment would use. */
export async function vars(app: App, { id }: { readonly id: string }): Promise<number> {
  const values = await readConversations(
    app,
    err(unknown(id)),
    async ({ home, store }): Promise<Result<Values, Failure>> => {
      const state = findState(store, id);
      if (!state.ok) return state;
      const prompt = await loadPrompt(home, { from: state.value.prompt_from, file: state.value.prompt });
      if (!prompt.ok) return err(await asFailure(prompt.error));
      // A text may still come.
      const given = { text: state.value.input || '…', values: {} };
      const resolved = await valuesNow(preparing(home), state.value, { prompt: prompt.value, given });
      return resolved.ok ? ok({ state: state.value, resolved: resolved.value }) : err(await asFailure(resolved.error));
    },
  );
  if (!values.ok) return fail(app.io, values.error);
  const { state, resolved } = values.value;
  const before = lastValues(state);
  const changes =
    before === undefined ? [] : changesBetween(before, resolved.values).filter((each) => each.name !== TEXT_VARIABLE);
  if (app.io.json) {
    const rows = Object.entries(resolved.values).map(([name, value]) => ({ name, value, ...resolved.origins[name] }));
    writeJson(app.io, { variables: rows, changed: changes });
    return 0;
  }
  app.io.out(drawValues(app, resolved));
  for (const change of changes)
    app.io.err(
      `${app.io.errStyle.dim(wrap(`changed since message ${state.messages.length}: ${drawChange(change)}`, { width: app.io.errWidth, hanging: '  ' }))}\n`,
    );
  return 0;
}

function drawValues({ io }: App, { values, origins }: Resolved): string {
  const names = Object.keys(values);
  const width = Math.min(24, Math.max(0, ...names.map((name) => name.length)));
  if (names.length === 0) return 'The prompt has no variables.\n';
  return names
    .map((name) => {
      const origin = origins[name];
      const from = origin === undefined ? '' : `${origin.scope}, ${oneLine(origin.place)}`;
      const line = `${name.padEnd(width)}  ${shortValue(values[name], Math.max(20, io.width - width - 30))}`;
      return `${line}\n${' '.repeat(width)}  ${io.style.dim(from)}\n`;
    })
    .join('');
}

export type ExportOptions = ShowOptions & { readonly format: 'json' | 'markdown' };

export async function exportConversation(app: App, options: ExportOptions): Promise<number> {
  const shown = await stateAt(app, options);
  if (!shown.ok) return fail(app.io, shown.error);
  const { state, run } = shown.value;
  if (options.format === 'json' || app.io.json) writeJson(app.io, { conversation: state, run: run ?? null });
  else app.io.out(markdown(state));
  return 0;
}

/** Exit 1 where anything disagrees. */
export async function check(app: App, { id }: { readonly id: string | undefined }): Promise<number> {
  const none: Checked = { conversations: 0, messages: 0, runs: 0, calls: 0, calls_without_message: 0, problems: [] };
  const missing = id === undefined ? ok(none) : err(unknown(id));
  const checked = await readConversations(app, missing, ({ store }): Result<Checked, Failure> => {
    const whole = id === undefined ? ok(undefined) : findId(store, id);
    return whole.ok ? checkConversations(store, whole.value) : whole;
  });
  if (!checked.ok) return fail(app.io, checked.error);
  const { problems, ...counts } = checked.value;
  if (app.io.json) writeJson(app.io, { ...counts, problems });
  else {
    for (const { where, message } of problems) app.io.out(`${app.io.style.bad('✗')} ${where}: ${oneLine(message)}\n`);
    const found = problems.length === 0 ? 'everything agrees' : count(problems.length, 'problem');
    app.io.out(
      `${count(counts.conversations, 'conversation')}, ${count(counts.messages, 'message')}, ${count(counts.calls, 'call')} in ${count(counts.runs, 'run')}: ${found}\n`,
    );
  }
  return problems.length === 0 ? 0 : 1;
}

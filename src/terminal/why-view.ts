// Why tasks go on or do not, as text and as JSON. Pure: causes, effects and places in, text out.

import type { Place } from '../base/diagnostic.ts';
import { count, oneLine } from '../base/text.ts';
import type { Trust } from '../run/receipts/stale.ts';
import { byId, waitingFor } from '../run/states.ts';
import type { Action, Cause, CauseKind, Effect, Root } from '../run/why.ts';
import { openIssue, type Runbook, type Task, type TaskId } from '../runbook/task.ts';
import type { Places } from '../runbook/where.ts';
import { placeText } from './diagnostics.ts';
import { jsonPlace } from './json.ts';
import { statusSign } from './reporter.ts';
import type { Style } from './style.ts';
import { adviceFor, jsonTrust, receiptWords } from './trust-view.ts';
import { wrap } from './wrap.ts';

export type WhyView = {
  readonly runbook: Runbook;
  readonly places: Places;
  readonly style: Style;
  readonly width: number;
  /** Shortens no list. */
  readonly all: boolean;
};

/** Of a list of ids, and of causes. */
const MOST_NAMED = 6;
const MOST_CAUSES = 5;
const MOST_WAITING = 10;

/** What a cause is, and what gets it out of the way. */
function wordsOf(kind: CauseKind, task: Task): { readonly says: string; readonly advice: string } {
  const { id } = task;
  switch (kind) {
    case 'failed': {
      const detail = openIssue(task)?.detail;
      return { says: `failed${detail ? `: ${detail}` : ''}`, advice: `mend it, then: orchestrate retry ${id}` };
    }
    case 'running':
      return { says: 'is RUNNING', advice: `if nothing is at work on it: orchestrate retry ${id} --take-over` };
    case 'skipped':
      return { says: 'was skipped', advice: `to let what rests on it go on: orchestrate skip ${id} --unblock` };
    case 'held':
      return { says: 'is on hold', advice: `when it may run: orchestrate next ${id}` };
    case 'broken':
      return { says: 'has errors in its files', advice: 'mend them: orchestrate validate' };
    case 'unwritten':
      return {
        says: 'is not yet written',
        advice: task.detail ? `write ${oneLine(task.detail.file)}` : 'give it a task_detail_file',
      };
    case 'person':
      return { says: 'is a step for a person', advice: `orchestrate next ${id}` };
    case 'review':
      return { says: 'is a model call whose answer a person reviews', advice: `orchestrate next ${id}` };
    case 'ready':
      return { says: 'is READY', advice: 'orchestrate run' };
  }
}

/** Where the cause stands in the files. */
function placeOf(kind: CauseKind, task: Task, places: Places): Place {
  return kind === 'held' ? places.hold(task) : kind === 'unwritten' ? places.entry(task) : places.status(task);
}

function line(text: string, { width }: Pick<WhyView, 'width'>, indent = ''): string {
  return wrap(text, { width, indent, hanging: '  ' });
}

function head(task: Task, { places, style, ...view }: WhyView): string {
  const sign = style.status(task.status, `${statusSign(task.status)} ${task.status}`);
  return line(
    `${sign} ${style.bold(task.id)}: ${oneLine(task.name)} ${style.dim(`(${placeText(places.entry(task))})`)}`,
    view,
  );
}

function named(tasks: readonly Task[], { all }: WhyView): string {
  const ids = tasks.map(({ id }) => id);
  if (all || ids.length <= MOST_NAMED) return ids.join(', ');
  return `${ids.slice(0, MOST_NAMED - 1).join(', ')} and ${ids.length - MOST_NAMED + 1} more`;
}

/** The edges from the task to the cause, each with its place, then the cause and what to do about it. */
function causeLines({ kind, task, chain }: Cause, view: WhyView): string[] {
  const { style, places } = view;
  const edges = chain.slice(0, -1).flatMap((from, at) => {
    const to = chain[at + 1];
    return to
      ? [line(`${from.id} depends on ${to.id} ${style.dim(`(${placeText(places.edge(from, to.id))})`)}`, view, '  ')]
      : [];
  });
  const { says, advice } = wordsOf(kind, task);
  const sign = style.status(task.status, statusSign(task.status));
  const place = style.dim(`(${placeText(placeOf(kind, task, places))})`);
  return [
    ...edges,
    line(`${sign} ${style.bold(task.id)} ${oneLine(says)} ${place}`, view, '  '),
    line(`${style.accent('→')} ${advice}`, view, '    '),
  ];
}

export type TaskAnswer = {
  readonly task: Task;
  readonly causes: readonly Cause[];
  readonly effect: Effect;
  /** Of a DONE one. */
  readonly trust: Trust | undefined;
  /** The task that a run would begin with now. */
  readonly next: Task | undefined;
  /** A task in ERROR that halts a run before it starts anything. */
  readonly halted: Task | undefined;
};

export function drawTask(answer: TaskAnswer, view: WhyView): string {
  const lines = [head(answer.task, view), '', ...bodyLines(answer, view), ...effectLines(answer, view)];
  return `${lines.join('\n').trimEnd()}\n`;
}

function bodyLines(answer: TaskAnswer, view: WhyView): string[] {
  const { task } = answer;
  switch (task.status) {
    case 'DONE':
      return doneLines(answer, view);
    case 'SKIPPED':
      return [line('It was skipped.', view)];
    case 'READY':
      return readyLines(answer, view);
    case 'PENDING':
      return waitLines(answer.causes, view);
    default:
      return answer.causes.flatMap((cause) => causeLines(cause, view));
  }
}

function readyLines({ task, causes, next, halted }: TaskAnswer, view: WhyView): string[] {
  const rests =
    task.dependsOn.length === 0
      ? 'it depends on nothing'
      : `all that it depends on is finished (${task.dependsOn.join(', ')})`;
  const [cause] = causes;
  if (cause && (cause.kind === 'broken' || cause.kind === 'unwritten')) return causeLines(cause, view);
  if (next?.id === task.id)
    return [
      line(`It is next: ${rests}, and it is the first READY one in the file.`, view),
      line(`${view.style.accent('→')} orchestrate next`, view, '  '),
    ];
  const why = halted
    ? `but ${halted.id} failed (${placeText(view.places.status(halted))}), and a run stops there`
    : next
      ? `but ${next.id} comes first in the file (${placeText(view.places.entry(next))})`
      : 'but nothing can be started now';
  return [
    line(`It can start: ${rests}, ${why}.`, view),
    line(`${view.style.accent('→')} orchestrate next ${task.id}`, view, '  '),
  ];
}

function waitLines(causes: readonly Cause[], view: WhyView): string[] {
  const shown = view.all ? causes : causes.slice(0, MOST_CAUSES);
  const more = causes.length - shown.length;
  return [
    causes.length === 1 ? 'It waits for one thing:' : `It waits for ${causes.length} things:`,
    ...shown.flatMap((cause) => ['', ...causeLines(cause, view)]),
    ...(more > 0 ? ['', view.style.dim(`  … and ${more} more (--all shows them)`)] : []),
  ];
}

function doneLines({ task, trust }: TaskAnswer, view: WhyView): string[] {
  const { style } = view;
  if (trust === undefined || trust.kind === 'unverified')
    return [
      line('Nothing was kept when it became DONE, so nothing can be compared.', view),
      line(`${style.accent('→')} to check it now and keep that: orchestrate done ${task.id}`, view, '  '),
    ];
  const since = trust.row ? [line(`DONE since ${receiptWords(trust.row)}.`, view)] : [];
  if (trust.kind === 'holds') return since;
  return [
    ...since,
    style.warn('It is stale:'),
    ...trust.reasons.map(({ message }) => line(`- ${oneLine(message)}`, view, '  ')),
    ...adviceFor(task, trust.reasons).map((advice) => line(`${style.accent('→')} ${advice}`, view, '  ')),
  ];
}

function effectLines({ task, effect }: TaskAnswer, view: WhyView): string[] {
  const { opens, waiting } = effect;
  if (task.status === 'DONE') return [];
  if (waiting.length === 0) return ['', 'No other task waits for it.'];
  const then =
    opens.length === 0
      ? 'no other task can go on by that alone'
      : `${count(opens.length, 'task')} can go on: ${named(opens, view)}`;
  const rest = `${count(waiting.length, 'task')} ${waiting.length === 1 ? 'waits' : 'wait'} for it${opens.length === waiting.length ? '' : `: ${named(waiting, view)}`}`;
  return ['', line(`When it is DONE, ${then}. ${rest}.`, view)];
}

export type WholeAnswer = {
  readonly next: Task | undefined;
  readonly halted: Task | undefined;
  readonly actions: readonly Action[];
  /** What a run does by itself, in its order. */
  readonly unattended: readonly Task[];
  readonly running: readonly Task[];
  /** PENDING tasks, with what keeps each in the end. */
  readonly waiting: readonly { readonly task: Task; readonly causes: readonly Root[] }[];
  readonly stale: readonly Task[];
};

export function drawWhole(answer: WholeAnswer, view: WhyView): string {
  const parts = [
    nextLines(answer, view),
    unattendedLines(answer, view),
    actionLines(answer.actions, view),
    waitingLines(answer.waiting, view),
    staleLines(answer.stale, view),
  ];
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`;
}

function nextLines({ next, halted, running, actions, unattended }: WholeAnswer, view: WhyView): string[] {
  const { style, places, runbook } = view;
  if (next) {
    const why = next.dependsOn.length === 0 ? 'it depends on nothing' : `${next.dependsOn.join(', ')} finished`;
    return [
      line(
        `${style.accent('next')} ${style.bold(next.id)}: ${oneLine(next.name)} ${style.dim(`(${placeText(places.entry(next))})`)}`,
        view,
      ),
      line(`the first READY one in the file; ${why}`, view, '  '),
    ];
  }
  if (halted)
    return [
      line(
        `Nothing is next: ${halted.id} failed, and a run stops there. "orchestrate run --keep-going" goes on with what does not rest on it.`,
        view,
      ),
    ];
  const [one] = running;
  if (one) return [line(`Nothing is next: ${one.id} is RUNNING (${placeText(places.status(one))}).`, view)];
  if (actions.length > 0 || unattended.length > 0) return ['Nothing can be started as things stand.'];
  const waits = runbook.tasks.filter(({ status }) => status === 'PENDING').length;
  return [waits === 0 ? `${style.good('✓')} All done.` : `${count(waits, 'task')} cannot go on.`];
}

function unattendedLines({ unattended, halted }: WholeAnswer, view: WhyView): string[] {
  if (unattended.length === 0) return [];
  return [line(`A run does by itself${halted ? ' (with --keep-going)' : ''}: ${named(unattended, view)}.`, view)];
}

function actionLines(actions: readonly Action[], view: WhyView): string[] {
  if (actions.length === 0) return [];
  const { style, places } = view;
  const shown = view.all ? actions : actions.slice(0, MOST_CAUSES);
  const rows = shown.flatMap(({ kind, task, opens, waiting }, at) => {
    const { says, advice } = wordsOf(kind, task);
    const place = style.dim(`(${placeText(placeOf(kind, task, places))})`);
    const sign = style.status(task.status, statusSign(task.status));
    return [
      wrap(`${at + 1}. ${sign} ${style.bold(task.id)} ${oneLine(says)} ${place}`, {
        width: view.width,
        hanging: '   ',
      }),
      line(`${style.accent('→')} ${advice}`, view, '   '),
      line(style.dim(gain({ opens, waiting }, view)), view, '   '),
    ];
  });
  const more = actions.length - shown.length;
  return [
    'What you can do now, what helps most first:',
    ...rows,
    ...(more > 0 ? [style.dim(`… and ${more} more (--all shows them)`)] : []),
  ];
}

/** In a word, behind the id of what keeps a task waiting. */
const SHORT: Record<CauseKind, string> = {
  failed: 'ERROR',
  running: 'RUNNING',
  skipped: 'SKIPPED',
  held: 'on hold',
  broken: 'its files have errors',
  unwritten: 'not yet written',
  person: 'a person',
  review: 'a review',
  ready: 'READY',
};

function waitingLines(waiting: WholeAnswer['waiting'], view: WhyView): string[] {
  if (waiting.length === 0) return [];
  const shown = view.all ? waiting : waiting.slice(0, MOST_WAITING);
  const rows = shown.map(({ task, causes }) => {
    const named = view.all ? causes : causes.slice(0, MOST_CAUSES);
    const words = named.map((cause) =>
      cause.task.id === task.id ? `itself (${SHORT[cause.kind]})` : `${cause.task.id} (${SHORT[cause.kind]})`,
    );
    const more = causes.length - named.length;
    return line(`${task.id} for ${[...words, ...(more > 0 ? [`${more} more`] : [])].join(', ')}`, view, '  ');
  });
  const more = waiting.length - shown.length;
  return [
    'What waits, and for what in the end:',
    ...rows,
    ...(more > 0 ? [view.style.dim(`  … and ${more} more (--all shows them)`)] : []),
  ];
}

function gain({ opens, waiting }: Effect, view: WhyView): string {
  if (waiting.length === 0) return 'no other task waits for it';
  const all = `${count(waiting.length, 'task')} ${waiting.length === 1 ? 'waits' : 'wait'} for it`;
  if (opens.length === 0) return `${all}, but none can go on by that alone: ${named(waiting, view)}`;
  return opens.length === waiting.length
    ? `lets ${named(opens, view)} go on`
    : `lets ${named(opens, view)} go on; ${all}`;
}

function staleLines(stale: readonly Task[], view: WhyView): string[] {
  if (stale.length === 0) return [];
  const what = `${count(stale.length, 'DONE task')} ${stale.length === 1 ? 'is' : 'are'} stale: ${named(stale, view)}`;
  return [line(`${view.style.warn(what)} (orchestrate verify)`, view)];
}

export function jsonTaskAnswer(answer: TaskAnswer, view: WhyView): Record<string, unknown> {
  const { task, causes, effect, trust, next } = answer;
  return {
    id: task.id,
    status: task.status,
    next: next?.id === task.id,
    ...jsonPlace(view.places.entry(task)),
    causes: causes.map((cause) => jsonCause(cause, view)),
    effect: jsonEffect(effect),
    ...(task.status === 'DONE' ? jsonTrust(trust) : {}),
  };
}

function jsonCause({ kind, task, chain }: Cause, { places }: WhyView): Record<string, unknown> {
  const { says, advice } = wordsOf(kind, task);
  return {
    kind,
    id: task.id,
    message: `${task.id} ${says}`,
    advice,
    ...jsonPlace(placeOf(kind, task, places)),
    edges: chain.slice(0, -1).flatMap((from, at) => {
      const to = chain[at + 1];
      return to ? [{ from: from.id, to: to.id, ...jsonPlace(places.edge(from, to.id)) }] : [];
    }),
  };
}

function jsonEffect({ opens, waiting }: Effect): Record<string, unknown> {
  return { opens: idsOf(opens), waiting: idsOf(waiting) };
}

function idsOf(tasks: readonly Task[]): TaskId[] {
  return tasks.map(({ id }) => id);
}

export function jsonWholeAnswer(answer: WholeAnswer, view: WhyView): Record<string, unknown> {
  const { runbook, places } = view;
  const { next, halted, actions, unattended, running, stale } = answer;
  return {
    next: next === undefined ? null : { id: next.id, ...jsonPlace(places.entry(next)) },
    halted_by: halted?.id ?? null,
    running: idsOf(running),
    unattended: idsOf(unattended),
    actions: actions.map((action) => ({
      ...jsonCause({ ...action, chain: [action.task] }, view),
      ...jsonEffect(action),
    })),
    waiting: answer.waiting.map(({ task, causes }) => ({
      id: task.id,
      waits_for: idsOf(waitingFor(byId(runbook.tasks), task)),
      causes: causes.map((cause) => ({ kind: cause.kind, id: cause.task.id })),
    })),
    stale: idsOf(stale),
  };
}

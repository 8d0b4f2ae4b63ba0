// The picture of a whole runbook: progress by phase, what is next, what blocks what, the last error. Pure: data in, text out.

import { count, oneLine } from '../base/text.ts';
import { planRun, type Stuck } from '../run/plan.ts';
import { byId, countWaiting, isFinished, lastError, waitingFor, withSettled } from '../run/states.ts';
import { isBroken, openIssue, type Runbook, type Task, type TaskId } from '../runbook/task.ts';
import type { Status, TaskType } from '../runbook/words.ts';
import { statusSign } from './reporter.ts';
import { chooseRows, type Phase, type Row } from './status-rows.ts';
import type { Style } from './style.ts';
import { type Width, widthFor } from './width.ts';
import { wrap } from './wrap.ts';

export type StatusOptions = {
  readonly style: Style;
  readonly width: number;
  /** Folds nothing. */
  readonly all: boolean;
  /** Where the state of `lastError` stands in the files. */
  readonly errorPlace?: string;
  /** Why DONE tasks cannot be trusted any more, the first reason of each. */
  readonly stale?: ReadonlyMap<TaskId, string>;
};

type View = StatusOptions & { readonly runbook: Runbook; readonly measure: Width };

/** How a line of a task is divided; `why` is 0 where there is no room to say why it does not go on. */
type Columns = { readonly id: number; readonly name: number; readonly why: number };

const MOST_ID = 28;
/** Of what a task waits for, in its line; `show` names all. */
const MOST_NAMED = 3;
const LEAST_NAME = 16;
const LEAST_WHY = 16;
/** Stands for a space at which no line is broken. */
const TIE = '\u00A0';
const BAR = 16;
const PHASE_BAR = 8;
const COUNTED: readonly Status[] = ['DONE', 'SKIPPED', 'RUNNING', 'READY', 'ERROR', 'PENDING'];
/** The first of these that a task of it has is the state of an unfinished phase. */
const TELLING: readonly Status[] = ['ERROR', 'RUNNING', 'READY'];

export async function drawStatus(given: Runbook, options: StatusOptions): Promise<string> {
  const runbook = withSettled(given);
  const rows = chooseRows(runbook.tasks, { all: options.all, stale: new Set(options.stale?.keys()) });
  const tasks = rows.flatMap((row) => (row.kind === 'task' ? [row.task] : []));
  const texts = [
    runbook.name,
    ...tasks.flatMap((task) => [task.name, openIssue(task)?.detail]),
    ...rows.flatMap((row) => (row.kind === 'phase' ? [row.phase.title] : [])),
  ];
  const measure = await widthFor(texts.map((text) => text ?? ''));
  const view: View = { ...options, runbook, measure };
  const folded = rows.some(({ kind }) => kind === 'finished' || kind === 'more' || kind === 'phases');
  const hint = folded ? [view.style.dim('  (--all shows every task)')] : [];
  return `${[...header(view), '', ...drawRows(rows, view), ...hint, '', ...closing(view)].join('\n').trimEnd()}\n`;
}

function header({ runbook, style, width, measure }: View): string[] {
  const { tasks } = runbook;
  const finished = tasks.filter(isFinished).length;
  const counts = COUNTED.flatMap((status) => {
    const n = tasks.filter((task) => task.status === status).length;
    return n === 0 ? [] : [style.status(status, `${n}${TIE}${status}`)];
  });
  const title = style.bold(cut(oneLine(runbook.name ?? 'runbook'), width - BAR - 12, measure));
  return [
    `${title}  ${bar(finished, tasks.length, { size: BAR, style })} ${finished}/${tasks.length}`,
    wrap(counts.join(style.dim(' · ')), { width }).replaceAll(TIE, ' '),
  ];
}

function bar(done: number, total: number, { size, style }: { size: number; style: Style }): string {
  const full = Math.floor((done / Math.max(1, total)) * size);
  return style.good('█'.repeat(full)) + style.dim('░'.repeat(size - full));
}

function drawRows(rows: readonly Row[], view: View): string[] {
  const phases = rows.flatMap((row) =>
    row.kind === 'phase' ? [row.phase.title ?? ''] : row.kind === 'phases' ? [manyPhases(row.phases)] : [],
  );
  const indent = phases.length > 0 ? '    ' : '  ';
  const titleWidth = Math.min(widest(phases, view.measure), view.width - PHASE_BAR - 14);
  const columns = divide(rows, view, view.width - indent.length - 2);
  return rows.map((row) => {
    switch (row.kind) {
      case 'phase':
        return phaseLine([row.phase], { title: oneLine(row.phase.title ?? ''), titleWidth, view });
      case 'phases':
        return phaseLine(row.phases, { title: manyPhases(row.phases), titleWidth, view });
      case 'task':
        return indent + taskLine(row.task, columns, view);
      case 'finished':
        return `${indent}${view.style.good('✓')} ${view.style.dim(`${row.count} finished`)}`;
      case 'more':
        return `${indent}${view.style.dim(`  … ${row.count} more`)}`;
    }
  });
}

function manyPhases(phases: readonly Phase[]): string {
  return `${phases.length} phases`;
}

function phaseLine(
  phases: readonly Phase[],
  { title, titleWidth, view }: { title: string; titleWidth: number; view: View },
): string {
  const { style, measure } = view;
  const tasks = phases.flatMap((phase) => phase.tasks);
  const finished = phases.reduce((sum, phase) => sum + phase.finished, 0);
  const status =
    finished === tasks.length
      ? 'DONE'
      : (TELLING.find((each) => tasks.some((task) => task.status === each)) ?? 'PENDING');
  const begun = status !== 'DONE' && (finished > 0 || status !== 'PENDING');
  const text = pad(cut(title, titleWidth, measure), titleWidth, measure);
  const sign = style.status(status, statusSign(status));
  return `${sign} ${begun ? style.bold(text) : style.dim(text)}  ${bar(finished, tasks.length, { size: PHASE_BAR, style })} ${finished}/${tasks.length}`;
}

function divide(rows: readonly Row[], view: View, room: number): Columns {
  const tasks = rows.flatMap((row) => (row.kind === 'task' ? [row.task] : []));
  const id = Math.min(
    MOST_ID,
    Math.floor(room * 0.4),
    widest(
      tasks.map((task) => task.id),
      view.measure,
    ),
  );
  const rest = room - id - 2;
  const name = widest(
    tasks.map((task) => oneLine(task.name)),
    view.measure,
  );
  const why = widest(
    tasks.map((task) => whyText(task, view)),
    view.measure,
  );
  if (name + 2 + why <= rest) return { id, name, why };
  const nameRoom = Math.min(name, Math.max(LEAST_NAME, rest - 2 - why, Math.floor(rest * 0.55)));
  const whyRoom = rest - nameRoom - 2;
  return whyRoom < Math.min(why, LEAST_WHY) || why === 0
    ? { id, name: rest, why: 0 }
    : { id, name: nameRoom, why: whyRoom };
}

function taskLine(task: Task, columns: Columns, view: View): string {
  const { style, measure } = view;
  const quiet = isFinished(task) ? style.dim : (text: string) => text;
  const id = pad(cut(task.id, columns.id, measure), columns.id, measure);
  const name = cut(oneLine(task.name), columns.name, measure);
  const why = columns.why === 0 ? '' : cut(whyText(task, view), columns.why, measure);
  const line = `${style.status(task.status, statusSign(task.status))} ${task.status === 'PENDING' ? style.dim(id) : quiet(id)}  `;
  if (why === '') return line + quiet(name);
  const tells = task.status === 'READY' || task.status === 'RUNNING' || task.status === 'ERROR';
  const paint =
    task.status === 'DONE' ? style.warn : tells ? (text: string) => style.status(task.status, text) : style.dim;
  return `${line}${quiet(pad(name, columns.name, measure))}  ${paint(why)}`;
}

/** What the sign alone does not tell: the state, what it waits for, what went wrong. */
function whyText(task: Task, view: View): string {
  if (task.status === 'DONE') {
    const reason = view.stale?.get(task.id);
    return reason === undefined ? '' : `stale: ${oneLine(reason)}`;
  }
  if (task.status === 'ERROR') {
    const detail = openIssue(task)?.detail;
    return detail && task !== lastError(view.runbook.tasks) ? `ERROR: ${oneLine(detail)}` : 'ERROR';
  }
  if (!isFinished(task) && isBroken(view.runbook, task)) return 'its files have errors';
  if (task.status === 'READY' && task.work === undefined) return 'not yet written';
  if (task.status !== 'PENDING') return task.status;
  const waiting = waitingFor(byId(view.runbook.tasks), task).map((other) =>
    other.status === 'ERROR' || other.status === 'SKIPPED' ? `${other.id} (${other.status})` : other.id,
  );
  if (waiting.length > MOST_NAMED)
    return `waits for ${waiting.slice(0, MOST_NAMED - 1).join(', ')} and ${waiting.length - MOST_NAMED + 1} more`;
  if (waiting.length > 0) return `waits for ${waiting.join(', ')}`;
  return task.hold ? 'on hold' : '';
}

/** What to do now: the one thing a person looks for. */
function closing(view: View): string[] {
  return [...staleLines(view), ...nowLines(view)];
}

function staleLines(view: View): string[] {
  const n = view.stale?.size ?? 0;
  if (n === 0) return [];
  const text = `${count(n, 'DONE task')} ${n === 1 ? 'is' : 'are'} stale`;
  return [view.style.warn(text), arrow('orchestrate verify', view), ''];
}

function nowLines(view: View): string[] {
  const { runbook, style, width } = view;
  const failed = lastError(runbook.tasks);
  if (failed) return errorLines(failed, view);
  const { steps, stuck } = planRun(runbook, {}, { once: true, keepGoing: false });
  const [next] = steps;
  if (next) {
    const { task } = next;
    return [
      wrap(
        `${style.accent('next')} ${style.bold(task.id)}: ${oneLine(task.name)} ${style.dim(`(${DOING[task.type]})`)}`,
        { width, hanging: '  ' },
      ),
      arrow('orchestrate next', view),
    ];
  }
  const [first] = stuck;
  return first ? stuckLines(first, view) : [`${style.good('✓')} All done.`];
}

const DOING: Record<TaskType, string> = {
  MANUAL: 'a step for you',
  AI_ASSISTED: 'a model call',
  AUTOMATED_SCRIPT: 'a script',
};

function errorLines(task: Task, view: View): string[] {
  const { runbook, style, width, errorPlace } = view;
  const issue = openIssue(task);
  const others = runbook.tasks.filter((other) => other.status === 'ERROR').length - 1;
  const facts = [
    errorPlace,
    restingText(task, view),
    others > 0 ? `${count(others, 'other task')} in ERROR` : undefined,
  ].filter((fact) => fact !== undefined);
  const ready = runbook.tasks.some((other) => other.status === 'READY');
  return [
    wrap(
      `${style.bad('✗')} ${style.bold(task.id)} failed${issue?.type ? ` (${oneLine(issue.type)})` : ''}${issue?.detail ? `: ${oneLine(issue.detail)}` : ''}`,
      { width, hanging: '  ' },
    ),
    ...factLines(facts, view),
    arrow(`mend it, then: orchestrate retry ${task.id}`, view),
    ...(ready ? [arrow('to go on with what does not rest on it: orchestrate run --keep-going', view)] : []),
  ];
}

function stuckLines({ task, reason }: Stuck, view: View): string[] {
  const { style, width } = view;
  const running = task.status === 'RUNNING';
  const title = running
    ? `${style.status('RUNNING', statusSign('RUNNING'))} ${style.bold(task.id)} is RUNNING: ${oneLine(task.name)}`
    : style.warn('nothing can run');
  const facts = [running ? undefined : `${task.id}: ${oneLine(reason)}`, restingText(task, view)].filter(
    (fact) => fact !== undefined,
  );
  return [
    wrap(title, { width, hanging: '  ' }),
    ...factLines(facts, view),
    arrow(stuckAdvice(task, view.runbook), view),
  ];
}

function stuckAdvice(task: Task, runbook: Runbook): string {
  if (task.status === 'RUNNING') return `if nothing is at work on it: orchestrate retry ${task.id} --take-over`;
  const skipped = waitingFor(byId(runbook.tasks), task).find((other) => other.status === 'SKIPPED');
  if (skipped) return `to let it go on: orchestrate skip ${skipped.id} --unblock`;
  if (isBroken(runbook, task)) return 'orchestrate validate';
  return task.hold ? `to start it: orchestrate next ${task.id}` : `orchestrate show ${task.id}`;
}

function factLines(facts: readonly string[], { style, width }: View): string[] {
  return facts.length === 0 ? [] : [style.dim(wrap(facts.join(' · '), { width, indent: '  ' }))];
}

function restingText(task: Task, { runbook }: View): string | undefined {
  const n = countWaiting(runbook.tasks, task.id);
  return n === 0 ? undefined : `${count(n, 'task')} ${n === 1 ? 'waits' : 'wait'} for it`;
}

function arrow(advice: string, { style, width }: View): string {
  return wrap(`${style.accent('→')} ${advice}`, { width, indent: '  ', hanging: '  ' });
}

function widest(texts: readonly string[], measure: Width): number {
  return texts.reduce((most, text) => Math.max(most, measure(text)), 0);
}

function pad(text: string, width: number, measure: Width): string {
  return text + ' '.repeat(Math.max(0, width - measure(text)));
}

/** At most `width` columns, the cut shown by an ellipsis. */
function cut(text: string, width: number, measure: Width): string {
  if (measure(text) <= width) return text;
  let result = '';
  for (const char of text) {
    if (measure(result + char) > width - 1) break;
    result += char;
  }
  return `${result}…`;
}

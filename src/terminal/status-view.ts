// The picture of a whole runbook: progress by phase, what is next, what blocks what, the last error. Pure: data in, text out.

import { count, oneLine } from '../base/text.ts';
import type { Status } from '../runbook/words.ts';
import { openIssue, type Runbook, type Task } from '../runbook/task.ts';
import { blockReason, isFinished, nextTask, settle } from '../run/states.ts';
import { statusSign } from './reporter.ts';
import type { Style } from './style.ts';
import { type Width, widthFor } from './width.ts';

/** Beyond this many tasks only the unfinished ones near the front are listed, unless all are asked for. */
const LONG = 30;

export type StatusOptions = { readonly style: Style; readonly width: number; readonly all: boolean };

type StatusView = StatusOptions & { readonly measure: Width };

export async function drawStatus(runbook: Runbook, options: StatusOptions): Promise<string> {
  const shown = withSettled(runbook);
  const view: StatusView = { ...options, measure: await widthFor(runbook.tasks.flatMap((task) => [task.name, task.phase ?? ''])) };
  const { tasks } = shown;
  const done = tasks.filter(isFinished).length;
  const title = oneLine(runbook.name ?? 'runbook');
  const lines = [`${view.style.bold(cut(title, view.width - 20, view.measure))}  ${bar(done, tasks.length, view.style)} ${done}/${tasks.length}`, counts(tasks, view.style), ''];
  lines.push(...taskLines(shown, view), '', ...closing(shown, view));
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n').trimEnd()}\n`;
}

/** PENDING tasks that the next command will make READY are shown so: status itself writes nothing. */
export function withSettled(runbook: Runbook): Runbook {
  const moves = new Map(settle(runbook.tasks).map(({ task, to }) => [task.id, to]));
  return moves.size === 0 ? runbook : { ...runbook, tasks: runbook.tasks.map((task) => ({ ...task, status: moves.get(task.id) ?? task.status })) };
}

function bar(done: number, total: number, style: Style): string {
  const width = 16;
  const full = total === 0 ? 0 : Math.floor((done / total) * width);
  return style.good('█'.repeat(full)) + style.dim('░'.repeat(width - full));
}

function counts(tasks: readonly Task[], style: Style): string {
  const order: Status[] = ['DONE', 'SKIPPED', 'RUNNING', 'READY', 'ERROR', 'PENDING'];
  const parts = order.flatMap((status) => {
    const n = tasks.filter((task) => task.status === status).length;
    return n === 0 ? [] : [style.status(status, `${n} ${status}`)];
  });
  return parts.join(style.dim(' · '));
}

type Group = { readonly phase: string | undefined; readonly tasks: Task[] };

/** Entries that follow each other with the same phase are one group; a phase may come back later. */
function groups(tasks: readonly Task[]): Group[] {
  const found: Group[] = [];
  for (const task of tasks) {
    const last = found.at(-1);
    if (last && last.phase === task.phase) last.tasks.push(task);
    else found.push({ phase: task.phase, tasks: [task] });
  }
  return found;
}

function taskLines(runbook: Runbook, view: StatusView): string[] {
  const { tasks } = runbook;
  const short = tasks.length <= LONG || view.all;
  const idWidth = Math.min(28, Math.max(...tasks.map((task) => task.id.length)));
  const lines: string[] = [];
  let hidden = 0;
  let listed = 0;
  for (const group of groups(tasks)) {
    const done = group.tasks.filter(isFinished).length;
    const complete = done === group.tasks.length;
    const visible = short ? group.tasks : group.tasks.filter((task) => isInteresting(task) || (!isFinished(task) && listed++ < 8));
    hidden += group.tasks.length - visible.length;
    if (group.phase !== undefined && (short || visible.length > 0 || !complete)) {
      const head = `${cut(oneLine(group.phase), view.width - 12, view.measure)} ${view.style.dim(`${done}/${group.tasks.length}`)}`;
      lines.push(complete ? `${view.style.good('✓')} ${view.style.dim(head)}` : view.style.bold(head));
    }
    for (const task of visible) lines.push(taskLine(runbook, task, { view, idWidth }));
  }
  if (hidden > 0) lines.push(view.style.dim(`  … ${count(hidden, 'more task')} (--all shows them)`));
  return lines;
}

function isInteresting(task: Task): boolean {
  return task.status === 'ERROR' || task.status === 'RUNNING' || task.status === 'READY';
}

function taskLine(runbook: Runbook, task: Task, { view, idWidth }: { view: StatusView; idWidth: number }): string {
  const { style, width, measure } = view;
  const sign = style.status(task.status, statusSign(task.status));
  const id = cut(task.id, idWidth, measure).padEnd(idWidth);
  const reason = isFinished(task) || task.status === 'READY' ? '' : (blockReason(runbook, task) ?? '');
  const room = width - idWidth - 6;
  const name = cut(oneLine(task.name), reason === '' ? room : Math.max(16, Math.floor(room * 0.55)), measure);
  const rest = room - measure(name) - 2;
  const why = reason === '' || rest < 12 ? '' : `  ${style.dim(cut(oneLine(reason), rest, measure))}`;
  return `  ${sign} ${task.status === 'PENDING' || isFinished(task) ? style.dim(id) : id} ${isFinished(task) ? style.dim(name) : name}${why}`;
}

/** What to do now: the one thing a person looks for. */
function closing(runbook: Runbook, { style }: StatusView): string[] {
  const { tasks } = runbook;
  const failed = tasks.find((task) => task.status === 'ERROR');
  if (failed) {
    const issue = openIssue(failed);
    return [
      `${style.bad('✗')} ${style.bold(failed.id)} failed${issue?.type ? ` (${oneLine(issue.type)})` : ''}${issue?.detail ? `: ${oneLine(issue.detail)}` : ''}`,
      `  ${style.accent('→')} mend it, then: orchestrate retry ${failed.id}`,
    ];
  }
  const running = tasks.find((task) => task.status === 'RUNNING');
  if (running) return [`${style.status('RUNNING', '▸')} ${style.bold(running.id)} is RUNNING`, `  ${style.accent('→')} if nothing is at work on it: orchestrate retry ${running.id} --take-over`];
  const next = nextTask(tasks, {}, new Set());
  if (next) return [`${style.accent('next')} ${style.bold(next.id)}: ${oneLine(next.name)}`, `  ${style.accent('→')} orchestrate next`];
  if (tasks.every(isFinished)) return [style.good('All done.')];
  const stuck = tasks.find((task) => !isFinished(task));
  return [`${style.warn('nothing can run')}: ${stuck ? `${stuck.id} ${blockReason(runbook, stuck) ?? ''}` : ''}`];
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

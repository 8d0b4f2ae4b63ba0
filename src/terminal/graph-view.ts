// The graph of a runbook as text, for mermaid and for Graphviz. Pure: tasks in, text out.

import { oneLine } from '../base/text.ts';
import type { Runbook, Task, TaskId } from '../runbook/task.ts';
import { STATUSES, type Status } from '../runbook/words.ts';
import { statusSign } from './reporter.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

export type GraphView = { readonly runbook: Runbook; readonly stale: ReadonlySet<TaskId> };

/** `STALE`: DONE, but not to be trusted any more. */
export type Look = Status | 'STALE';

/** Fill and line; each with black text at a contrast of more than 7. */
export const COLOURS: Readonly<Record<Look, readonly [fill: string, line: string]>> = {
  PENDING: ['#f2f2f2', '#777777'],
  READY: ['#d6ebff', '#1f6fb5'],
  RUNNING: ['#fff1c2', '#a07400'],
  DONE: ['#d9f2d9', '#2e7d32'],
  ERROR: ['#ffdcd9', '#c62828'],
  SKIPPED: ['#e6e6e6', '#999999'],
  STALE: ['#ffe5cc', '#c25e00'],
};

export function lookOf(task: Task, { stale }: GraphView): Look {
  return stale.has(task.id) ? 'STALE' : task.status;
}

/** By title, in the order in which they are first named. */
export function phasesOf(
  tasks: readonly Task[],
): { readonly title: string | undefined; readonly tasks: readonly Task[] }[] {
  return [...Map.groupBy(tasks, ({ phase }) => phase)].map(([title, own]) => ({ title, tasks: own }));
}

export function drawTextGraph(view: GraphView, { style, width }: { style: Style; width: number }): string {
  const phases = phasesOf(view.runbook.tasks);
  const heading = (title: string | undefined) =>
    title === undefined ? style.dim('(no phase)') : style.bold(oneLine(title));
  const lines = phases.flatMap(({ title, tasks }) => [
    ...(phases.length === 1 && title === undefined ? [] : [heading(title)]),
    ...tasks.map((task) => textLine(task, view, { style, width })),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

function textLine(task: Task, view: GraphView, { style, width }: { style: Style; width: number }): string {
  const isStale = view.stale.has(task.id);
  const sign = style.status(task.status, statusSign(task.status));
  const rests = task.dependsOn.length === 0 ? '' : style.dim(` ← ${task.dependsOn.join(', ')}`);
  const stale = isStale ? style.warn(' (stale)') : '';
  return wrap(`${sign} ${task.id}: ${oneLine(task.name)}${stale}${rests}`, { width, indent: '  ', hanging: '    ' });
}

/** Ids of its own for the nodes: a task may be called `end`, which mermaid takes for a word of its language. */
export function drawMermaid(view: GraphView): string {
  const { tasks } = view.runbook;
  const node = ({ index, id, name, ...rest }: Task, indent: string) =>
    `${indent}t${index}["${mermaidText(id)}<br/>${mermaidText(name)}"]:::${lookOf({ index, id, name, ...rest }, view)}`;
  const groups = phasesOf(tasks).flatMap(({ title, tasks: own }, at) =>
    title === undefined
      ? own.map((task) => node(task, '  '))
      : [`  subgraph p${at}["${mermaidText(title)}"]`, ...own.map((task) => node(task, '    ')), '  end'],
  );
  const edges = edgesOf(tasks).map(({ from, to }) => `  t${from.index} --> t${to.index}`);
  const used = looksUsed(view).map((look) => {
    const [fill, line] = COLOURS[look];
    return `  classDef ${look} fill:${fill},stroke:${line},color:#000000`;
  });
  return `${['flowchart LR', ...groups, ...edges, ...used].join('\n')}\n`;
}

function mermaidText(text: string): string {
  return oneLine(text)
    .replaceAll('#', '#35;')
    .replaceAll('"', '#quot;')
    .replaceAll('<', '#lt;')
    .replaceAll('>', '#gt;')
    .replaceAll('`', '#96;');
}

export function drawDot(view: GraphView): string {
  const { tasks, name } = view.runbook;
  const node = (task: Task, indent: string) => {
    const look = lookOf(task, view);
    const [fill, line] = COLOURS[look];
    const label = `${task.id}\n${oneLine(task.name)}\n${look}`;
    return `${indent}${dotText(task.id)} [label=${dotText(label)}, fillcolor="${fill}", color="${line}"];`;
  };
  const groups = phasesOf(tasks).flatMap(({ title, tasks: own }, at) =>
    title === undefined
      ? own.map((task) => node(task, '  '))
      : [
          `  subgraph cluster_${at} {`,
          `    label=${dotText(oneLine(title))};`,
          ...own.map((task) => node(task, '    ')),
          '  }',
        ],
  );
  const edges = edgesOf(tasks).map(({ from, to }) => `  ${dotText(from.id)} -> ${dotText(to.id)};`);
  const head = [
    `digraph ${dotText(oneLine(name ?? 'runbook'))} {`,
    '  rankdir=LR;',
    '  node [shape=box, style="rounded,filled", fontname="sans-serif"];',
  ];
  return `${[...head, ...groups, ...edges, '}'].join('\n')}\n`;
}

function dotText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** From what must be finished to what rests on it, in file order. */
export function edgesOf(tasks: readonly Task[]): { readonly from: Task; readonly to: Task }[] {
  const index = new Map(tasks.map((task) => [task.id, task]));
  return tasks.flatMap((to) =>
    to.dependsOn.flatMap((id) => {
      const from = index.get(id);
      return from === undefined ? [] : [{ from, to }];
    }),
  );
}

export function looksUsed(view: GraphView): Look[] {
  const used = new Set(view.runbook.tasks.map((task) => lookOf(task, view)));
  return [...STATUSES, 'STALE' as const].filter((look) => used.has(look));
}

// The figures of `orchestrate stats` as text. Pure.

import { count, formatDuration, oneLine, shorten } from '../../base/text.ts';
import type { Acceptance } from '../../history/acceptance.ts';
import type { Estimate, Spent } from '../../run/stats.ts';
import type { TaskType } from '../../runbook/words.ts';
import type { Style } from '../../terminal/style.ts';
import { wrap } from '../../terminal/wrap.ts';
import { money } from '../history/draw.ts';

export type StatsView = {
  readonly name: string | undefined;
  readonly total: number;
  readonly finished: number;
  readonly spent: readonly Spent[];
  readonly calls: number;
  /** Null where none is known. */
  readonly costUsd: number | null;
  readonly costUnknown: number;
  /** Unfinished tasks. */
  readonly left: number;
  /** Undefined where nothing is known to go by. */
  readonly leftMs: Estimate | undefined;
  readonly leftAsking: number;
  readonly leftUsd: Estimate | undefined;
  readonly acceptance: readonly Acceptance[];
};

const KINDS: Record<TaskType, string> = {
  AUTOMATED_SCRIPT: 'scripts',
  MANUAL: 'manual steps',
  AI_ASSISTED: 'model tasks',
};
/** The names of the facts, with a gap. */
const LABEL = 14;

export function drawStats(view: StatsView, { style, width }: { style: Style; width: number }): string {
  const fact = (name: string, text: string) => {
    const lines = wrap(text, { width: width - LABEL }).split('\n');
    return `${style.dim(name.padEnd(LABEL))}${lines.join(`\n${' '.repeat(LABEL)}`)}`;
  };
  const lines = [
    `${style.bold(oneLine(view.name ?? 'runbook'))}  ${view.finished}/${view.total} finished`,
    '',
    fact('Time so far', timeText(view.spent)),
    fact('Cost so far', costText(view)),
    ...(view.left === 0 ? [] : [fact('Time left', leftText(view.left, view.leftMs, formatDuration))]),
    ...(view.leftAsking === 0 ? [] : [fact('Cost left', leftText(view.leftAsking, view.leftUsd, money, 'model task'))]),
    ...(view.acceptance.length === 0 ? [] : ['', ...acceptanceLines(view.acceptance, { style, width })]),
  ];
  return `${lines.join('\n')}\n`;
}

function timeText(spent: readonly Spent[]): string {
  if (spent.length === 0) return 'nothing was run yet';
  const sum = spent.reduce((total, { ms }) => total + ms, 0);
  const failed = spent.reduce((total, one) => total + one.failed, 0);
  const attempts = spent.reduce((total, one) => total + one.attempts, 0);
  const kinds = spent.map(
    ({ type, ms }) => `${type === null ? 'tasks that are gone' : KINDS[type]} ${formatDuration(ms)}`,
  );
  return `${formatDuration(sum)} in ${count(attempts, 'attempt')}${failed > 0 ? `, ${failed} of which failed` : ''} (${kinds.join(', ')})`;
}

function costText({ calls, costUsd, costUnknown }: StatsView): string {
  if (calls === 0) return 'no model calls';
  const unknown = costUnknown === 0 ? '' : `; of ${costUnknown} the cost is unknown`;
  return `${costUsd === null ? 'unknown' : money(costUsd)} for ${count(calls, 'call')}${costUsd === null ? '' : unknown}`;
}

function leftText(n: number, left: Estimate | undefined, draw: (value: number) => string, noun = 'task'): string {
  if (left === undefined) return `${count(n, noun)}, and no earlier one to go by`;
  const unknown = left.unknown === 0 ? '' : `, without ${left.unknown} of them that nothing is known of`;
  return `${count(n, noun)}: about ${draw(left.p50)} (p50), in nine of ten cases at most ${draw(left.p90)} (p90)${unknown}`;
}

/** Calls, accepted at first, edited, cost of an accepted one. */
const CELLS = [6, 10, 7, 12];

function acceptanceLines(groups: readonly Acceptance[], { style, width }: { style: Style; width: number }): string[] {
  const room = Math.max(28, width - CELLS.reduce((sum, cell) => sum + cell + 1, 1));
  const [first, second] = [Math.ceil(room * 0.6), Math.floor(room * 0.4)];
  const row = (template: string, model: string, cells: readonly string[]) =>
    `${shorten(oneLine(template), first).padEnd(first)} ${shorten(oneLine(model), second).padEnd(second)}${cells.map((cell, at) => ` ${cell.padStart(CELLS[at] ?? 0)}`).join('')}`;
  return [
    style.dim(row('template', 'model', ['calls', 'first try', 'edited', 'per accepted'])),
    ...groups.map((group) =>
      row(group.template.replace(/^prompt_templates\//, ''), group.model ?? '-', [
        String(group.calls),
        group.first_try === null ? '-' : `${Math.round(group.first_try * 100)} % of ${group.first_judged}`,
        String(group.edited),
        `${group.cost_unknown > 0 && group.cost_per_accepted_usd !== null ? '≥ ' : ''}${money(group.cost_per_accepted_usd)}`,
      ]),
    ),
  ];
}

// The graph of a runbook as an SVG image: states as colours, phases as lanes, with a legend. Pure; needs neither a browser nor fonts.

import { oneLine } from '../base/text.ts';
import { type Cell, type Lane, type Layout, layOut } from '../run/layout.ts';
import type { Task, TaskId } from '../runbook/task.ts';
import { COLOURS, edgesOf, type GraphView, type Look, lookOf, looksUsed } from './graph-view.ts';
import { roughWidth } from './width.ts';

/** In pixels. */
const BOX = { width: 176, height: 44 } as const;
const GAP = { x: 64, y: 14 } as const;
const MARGIN = 24;
const LANE_TITLE = 26;
const LEGEND = 40;
/** Of the fonts below; a little more than they take, so that nothing stands out of its box. */
const COLUMN_PX = { id: 7.4, name: 6.4 } as const;
/** A wide screen takes no more columns of text than that. */
const MOST_LANE_TITLE = 100;

type Placed = { readonly x: number; readonly y: number };

export function drawSvg(view: GraphView): string {
  const layout = layOut(view.runbook.tasks);
  const width = 2 * MARGIN + layout.columns * BOX.width + (layout.columns - 1) * GAP.x;
  const tops = laneTops(layout);
  const bottom = (tops.at(-1) ?? MARGIN) + laneHeight(layout.lanes.at(-1));
  const height = bottom + LEGEND + MARGIN;
  const places = new Map(layout.cells.map((cell) => [cell.task.id, placeOf(cell, layout, tops)]));
  const title = xml(oneLine(view.runbook.name ?? 'runbook'));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="sans-serif">`,
    `<title>${title}</title>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#666666"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...layout.lanes.flatMap((lane, at) => drawLane(lane, { top: tops[at] ?? 0, width })),
    ...drawEdges(view, places),
    ...layout.cells.map(({ task }) => drawBox(task, view, places.get(task.id))),
    ...drawLegend(looksUsed(view), { top: bottom + MARGIN / 2 }),
    '</svg>',
  ].join('\n')}\n`;
}

function laneHeight(lane: Lane | undefined): number {
  if (lane === undefined) return 0;
  return (lane.title === undefined ? 0 : LANE_TITLE) + lane.rows * (BOX.height + GAP.y) + GAP.y;
}

function laneTops({ lanes }: Layout): number[] {
  const tops: number[] = [];
  let top = MARGIN;
  for (const lane of lanes) {
    tops.push(top);
    top += laneHeight(lane);
  }
  return tops;
}

function placeOf({ column, row, lane }: Cell, { lanes }: Layout, tops: readonly number[]): Placed {
  const own = lanes[lane];
  const title = own?.title === undefined ? 0 : LANE_TITLE;
  return {
    x: MARGIN + column * (BOX.width + GAP.x),
    y: (tops[lane] ?? 0) + title + GAP.y + (row - (own?.firstRow ?? 0)) * (BOX.height + GAP.y),
  };
}

function drawLane(lane: Lane, { top, width }: { top: number; width: number }): string[] {
  if (lane.title === undefined) return [];
  const title = xml(fit(oneLine(lane.title), MOST_LANE_TITLE));
  return [
    `<g><rect x="8" y="${top}" width="${width - 16}" height="${laneHeight(lane) - 4}" rx="6" fill="#fafafa" stroke="#dddddd"/><text x="${MARGIN}" y="${top + 18}" font-size="13" font-weight="bold" fill="#333333">${title}</text></g>`,
  ];
}

function drawEdges({ runbook }: GraphView, places: ReadonlyMap<TaskId, Placed>): string[] {
  const boxes = [...places.values()];
  return edgesOf(runbook.tasks).flatMap(({ from, to }) => {
    const [begin, end] = [places.get(from.id), places.get(to.id)];
    if (begin === undefined || end === undefined) return [];
    const way = wayOf(
      { x: begin.x + BOX.width, y: begin.y + BOX.height / 2 },
      { x: end.x, y: end.y + BOX.height / 2 },
      boxes,
    );
    return `<path d="${way}" fill="none" stroke="#666666" stroke-opacity="0.6" marker-end="url(#arrow)"/>`;
  });
}

/**
 * To the next column in one bend. Further on it must pass the columns between: at the height of its begin or of its end where no box
 * stands there, else through the gap above the row of its end, in which none ever does.
 */
function wayOf(begin: Placed, end: Placed, boxes: readonly Placed[]): string {
  const last = end.x - GAP.x;
  const first = begin.x + GAP.x;
  if (first >= end.x) return `M${begin.x} ${begin.y}${bend(begin, end)}`;
  const isFree = (y: number) =>
    boxes.every((box) => box.x < first || box.x + BOX.width > last || y < box.y || y > box.y + BOX.height);
  const gap = end.y - BOX.height / 2 - GAP.y / 2;
  const height = isFree(end.y) ? end.y : isFree(begin.y) ? begin.y : gap;
  const [turn, back] = [
    { x: first, y: height },
    { x: last, y: height },
  ];
  return `M${begin.x} ${begin.y}${bend(begin, turn)}H${last}${bend(back, end)}`;
}

/** From wherever the pen is, as an S that begins and ends level. */
function bend(begin: Placed, end: Placed): string {
  const middle = (begin.x + end.x) / 2;
  return `C${middle} ${begin.y} ${middle} ${end.y} ${end.x} ${end.y}`;
}

function drawBox(task: Task, view: GraphView, place: Placed | undefined): string {
  if (place === undefined) return '';
  const { id } = task;
  const look = lookOf(task, view);
  const [fill, line] = COLOURS[look];
  const { x, y } = place;
  const name = oneLine(task.name);
  const room = BOX.width - 16;
  return [
    `<g><title>${xml(`${id}: ${name} (${look})`)}</title>`,
    `<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6" fill="${fill}" stroke="${line}" stroke-width="1.5"/>`,
    `<text x="${x + 8}" y="${y + 18}" font-size="12" font-weight="bold">${xml(fit(id, Math.floor(room / COLUMN_PX.id)))}</text>`,
    `<text x="${x + 8}" y="${y + 34}" font-size="11" fill="#333333">${xml(fit(name, Math.floor(room / COLUMN_PX.name)))}</text></g>`,
  ].join('');
}

function drawLegend(looks: readonly Look[], { top }: { top: number }): string[] {
  return looks.map((look, at) => {
    const [fill, line] = COLOURS[look];
    const x = MARGIN + at * 92;
    return `<g><rect x="${x}" y="${top}" width="14" height="14" rx="3" fill="${fill}" stroke="${line}"/><text x="${x + 20}" y="${top + 11}" font-size="11">${look}</text></g>`;
  });
}

/** At most so many columns of a terminal: a letter of another script may be twice as wide. */
function fit(text: string, columns: number): string {
  if (roughWidth(text) <= columns) return text;
  let shown = '';
  for (const char of text) {
    if (roughWidth(shown + char) > columns - 1) break;
    shown += char;
  }
  return `${shown}…`;
}

/** Characters that XML does not allow are gone already: `oneLine` shows them. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

// How a batch stands, while it runs: one line that is drawn again in a terminal, a calm line now and then elsewhere. Knows no input.

import { formatDuration } from '../base/text.ts';
import type { BatchState } from '../batch/types.ts';
import type { Io } from './io.ts';

export type Progress = {
  /** Takes the line away for what is to be written meanwhile. */
  readonly aside: (write: () => void) => void;
  readonly stop: () => void;
};

const REDRAW_MS = 100;
const CALM_MS = 10_000;
/** The rate is that of this time. */
const RATE_MS = 10_000;
const CLEAR = '\r\u001B[2K';

export function startProgress(io: Io, state: () => BatchState): Progress {
  if (io.quiet || io.json) return { aside: (write) => write(), stop: () => undefined };
  const live = Number.isFinite(io.errWidth);
  const rate = createRate();
  let shown = false;
  const clear = (): void => {
    if (shown) io.err(CLEAR);
    shown = false;
  };
  const show = (): void => {
    const now = performance.now();
    const figures = { state: state(), now, perSecond: rate(state(), now) };
    if (!live) return io.err(`${progressWords(figures)}\n`);
    io.err(`${CLEAR}${progressLine(figures, io.errWidth, io.errStyle.accent)}`);
    shown = true;
  };
  const timer = setInterval(show, live ? REDRAW_MS : CALM_MS);
  // The clock alone keeps nobody alive.
  timer.unref();
  return {
    aside(write) {
      clear();
      write();
    },
    stop() {
      clearInterval(timer);
      clear();
    },
  };
}

/** Inputs per second that were asked about, over the last seconds; what came from the history says nothing about the rest. */
function createRate(): (state: BatchState, now: number) => number | undefined {
  const seen: { at: number; asked: number }[] = [];
  return ({ done, fromHistory }, at) => {
    seen.push({ at, asked: done - fromHistory });
    while (seen.length > 2 && (seen[0]?.at ?? at) < at - RATE_MS) seen.shift();
    const first = seen[0];
    const asked = done - fromHistory - (first?.asked ?? 0);
    return first === undefined || asked === 0 || at === first.at ? undefined : (asked * 1000) / (at - first.at);
  };
}

export type Figures = {
  readonly state: BatchState;
  readonly now: number;
  readonly perSecond: number | undefined;
};

/** `412 of 1000 · 318/s · $0.0123 · 2 failed · 1.9 s left`. */
export function progressWords({ state, now, perSecond }: Figures): string {
  const { total, done, failed, spentUsd, unknownCosts, pausedUntil } = state;
  const left = total === undefined || perSecond === undefined ? undefined : ((total - done) * 1000) / perSecond;
  const paused = pausedUntil - now;
  return [
    total === undefined ? String(done) : `${done} of ${total}`,
    ...(perSecond === undefined ? [] : [`${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`]),
    costWords(spentUsd, unknownCosts),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(paused > 0 ? [`the server is busy, on in ${formatDuration(paused)}`] : []),
    ...(paused > 0 || left === undefined || left <= 0 ? [] : [`${formatDuration(left)} left`]),
  ].join(' · ');
}

/** A plus where the cost of some is not known. */
export function costWords(usd: number, unknown: number): string {
  if (usd === 0 && unknown > 0) return 'cost unknown';
  const places = usd === 0 || usd >= 1 ? 2 : 4;
  return `${usd > 0 && usd < 0.0001 ? '<$0.0001' : `$${usd.toFixed(places)}`}${unknown > 0 ? '+' : ''}`;
}

const LONGEST_BAR = 24;

/** One line that fits: the bar takes what the words leave. */
export function progressLine(figures: Figures, width: number, paint: (text: string) => string): string {
  const { total, done } = figures.state;
  const words = progressWords(figures);
  const room = Math.min(LONGEST_BAR, width - words.length - 4);
  if (total === undefined || room < 6) return words.slice(0, Math.max(0, width - 1));
  const full = Math.floor((room * Math.min(done, total)) / Math.max(1, total));
  return `${paint('█'.repeat(full))}${'░'.repeat(room - full)} ${words}`;
}

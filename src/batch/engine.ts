// The loop of a batch: asks for many inputs at once and gives the results in the order of the inputs. Knows neither where inputs come
// from, nor how a question is made, nor where results go.
//
// Memory does not grow with the number of inputs: they are read as they are needed, and at most `WINDOW` of them are between reading
// and writing. See "Batches" in docs/design.md.

import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import type { CallNews } from '../calls/types.ts';
import { createInOrder, type Write } from './in-order.ts';
import { createPace } from './pace.ts';
import { createTally } from './tally.ts';
import { createTurns } from './turns.ts';
import type { Ask, Asked, AskHooks, BatchEnd, BatchInput, BatchState } from './types.ts';

export type BatchParts = {
  /** Read as they are needed; a failure ends the batch. */
  readonly inputs: AsyncIterable<Result<BatchInput, Failure>>;
  readonly ask: Ask;
  /** How many calls may be at the server at once. */
  readonly jobs: number;
  /** How many more are recorded and made ready meanwhile, so that a free turn is taken at once and waits for no disk. */
  readonly ahead: number;
  readonly write: Write;
  readonly signal: AbortSignal;
  /** How many inputs there are, where it is known. */
  readonly total?: number;
};

export type Batch = { readonly state: () => BatchState; readonly end: Promise<BatchEnd> };

/** More would be of no use to any disk. */
const MOST_AHEAD = 64;
/** How often an input is asked for again that the server had no time for, each time with the retries of its call. */
const MOST_ROUNDS = 6;
/** After a round in which the server did not say how long to wait; it doubles. */
const FIRST_PAUSE_MS = 1000;

export function startBatch(parts: BatchParts): Batch {
  const { ask, jobs, signal } = parts;
  const pace = createPace(jobs);
  const turns = createTurns(pace, signal);
  const tally = createTally();
  let open = 0;
  let onBudget = 0;
  let settlements = 0;
  let stopped: Failure | undefined;
  const waiters = new Set<() => void>();
  const ends = (): boolean => stopped !== undefined || signal.aborted;
  const wake = (): void => {
    for (const look of [...waiters]) look();
  };
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        waiters.delete(look);
        resolve();
      };
      waiters.add(look);
      look();
    });
  const stop = (failure: Failure): void => {
    stopped ??= failure;
    turns.close();
    wake();
  };
  const ordered = createInOrder(parts.write, stop);

  /** The turn of one call, and what its server says of our pace. */
  const visit = () => {
    let sentAt = 0;
    let here = false;
    const leave = (): void => {
      if (here) turns.giveBack();
      here = false;
    };
    const limited = (delayMs: number): void => {
      pace.limited(sentAt, performance.now(), delayMs);
      sentAt = performance.now() + delayMs;
    };
    const hooks: AskHooks = {
      report: (news) => (isLimit(news) ? limited(news.delayMs) : undefined),
      turn: async () => {
        here = await turns.take();
        sentAt = performance.now();
        return here;
      },
      ended: leave,
    };
    return { hooks, limited, leave };
  };

  /** Until it is known what has become of it: a crowded server and a budget that others hold are no answer. */
  const outcome = async (input: BatchInput): Promise<Asked> => {
    for (let round = 1; ; round += 1) {
      const before = settlements;
      const { hooks, limited, leave } = visit();
      const asked = await ask(input, hooks);
      leave();
      // What was at the server when the batch was told to end has its answer; it is not asked again now.
      if (asked.kind === 'limited' && ends()) return { kind: 'interrupted' };
      if (asked.kind === 'limited' && round < MOST_ROUNDS)
        limited(Math.max(asked.afterMs, FIRST_PAUSE_MS * 2 ** (round - 1)));
      else if (asked.kind === 'over-budget' && (settlements > before || open > onBudget + 1)) await budget(before);
      else return asked;
      if (ends()) return { kind: 'interrupted' };
    }
  };
  /** Waits until a call has been settled since, or nobody else is left who could give back what they hold. */
  const budget = async (before: number): Promise<void> => {
    onBudget += 1;
    wake();
    await until(() => ends() || settlements > before || open === onBudget);
    onBudget -= 1;
  };

  const carryOut = async (input: BatchInput): Promise<void> => {
    const asked = await outcome(input);
    tally.add(input, asked);
    if (asked.kind === 'settled' && asked.from === 'call' && asked.result.status === 'complete') pace.succeeded();
    if (asked.kind === 'stop' || asked.kind === 'over-budget') stop(asked.failure);
    else if (asked.kind !== 'interrupted') ordered.put(asked.result);
    open -= 1;
    settlements += 1;
    wake();
  };

  const whole = async (): Promise<BatchEnd> => {
    // Who waits for the budget comes first: what is left of it is spent in the order of the inputs.
    const room = () => onBudget === 0 && open < jobs + Math.min(parts.ahead, MOST_AHEAD) && ordered.hasRoom();
    for await (const input of parts.inputs) {
      await until(() => ends() || room());
      if (!input.ok) stop(input.error);
      if (ends() || !input.ok) break;
      open += 1;
      void carryOut(input.value);
    }
    await until(() => open === 0);
    turns.close();
    return { ...state(), ...(stopped && { stopped }), interrupted: signal.aborted, failures: tally.failures() };
  };
  const state = (): BatchState => ({
    ...tally.counts(),
    total: parts.total,
    atOnce: turns.atOnce(),
    limit: pace.limit(),
    pausedUntil: pace.pausedUntil(),
  });
  return { state, end: whole() };
}

/** The server says that it is asked too much, in whatever words. */
function isLimit(news: CallNews): news is Extract<CallNews, { kind: 'model-retry' }> {
  return news.kind === 'model-retry' && (news.code === 'rate-limited' || news.status === 503 || news.status === 529);
}

// Results that come in any order, given out in the order of the inputs. Knows no place where they go.

import type { Failure } from '../base/failure.ts';
import type { BatchResult } from './types.ts';

/** Takes the results one by one. */
export type Write = (result: BatchResult) => Failure | undefined;

export type InOrder = {
  readonly put: (result: BatchResult) => void;
  /** False while so much waits for an earlier one that nothing further should be begun. */
  readonly hasRoom: () => boolean;
};

/** Inputs whose results wait for an earlier one: while that is slow (a long `Retry-After`), this many others go past it. */
const MOST_WAITING = 1000;
/** In characters of their texts. */
const MOST_WAITING_TEXT = 32_000_000;

export function createInOrder(write: Write, onFailure: (failure: Failure) => void): InOrder {
  const waiting = new Map<number, BatchResult>();
  let text = 0;
  let next = 1;
  /** Whether more may be given. */
  const give = (result: BatchResult): boolean => {
    text -= sizeOf(result);
    waiting.delete(next);
    next += 1;
    const failure = write(result);
    if (failure !== undefined) onFailure(failure);
    return failure === undefined;
  };
  let open = true;
  return {
    put(result) {
      waiting.set(result.index, result);
      text += sizeOf(result);
      for (let first = waiting.get(next); open && first !== undefined; first = waiting.get(next)) open = give(first);
    },
    hasRoom: () => waiting.size < MOST_WAITING && text < MOST_WAITING_TEXT,
  };
}

function sizeOf({ output }: BatchResult): number {
  return typeof output === 'string' ? output.length : 0;
}

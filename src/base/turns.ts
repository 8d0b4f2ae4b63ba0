// One thing at a time, in the order in which they were asked for. Knows nothing of what is done.

export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** A piece of work begins when those before it have ended, well or not. One that asks for a turn of its own in it would wait for ever. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work, work);
    last = done.catch(() => undefined);
    return done;
  };
}

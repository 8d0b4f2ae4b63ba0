// Text that grows while a program runs, and waiting for a pattern in it. Does not know where the text comes from.

export type Pattern = RegExp | string;

export type Transcript = {
  readonly append: (text: string) => void;
  /** No more text will come: what is still waited for fails at once, with the reason. */
  readonly close: (reason: string) => void;
  /** Everything so far. */
  readonly text: () => string;
  /** Resolves when `check` gives a value; it is asked now and after every append. */
  readonly until: <T>(check: () => T | undefined, describe: () => string, timeoutMs: number) => Promise<T>;
  /** Waits for a match in what has come since the end of the last match, so that each wait is for something new. */
  readonly waitFor: (pattern: Pattern, timeoutMs: number, shown?: () => string) => Promise<RegExpExecArray>;
};

export function createTranscript(): Transcript {
  let text = '';
  let position = 0;
  let closed: string | undefined;
  const waiting = new Set<() => void>();

  function until<T>(check: () => T | undefined, describe: () => string, timeoutMs: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      waiting.delete(look);
      settle();
    };
    const failure = new Error(); // made here for the stack of the test that waits
    const fail = (why: string): void => {
      failure.message = `${why}\n${describe()}`;
      finish(() => reject(failure));
    };
    const look = (): void => {
      const value = check();
      if (value !== undefined) finish(() => resolve(value));
      else if (closed !== undefined) fail(closed);
    };
    const timer = setTimeout(() => fail(`nothing of that kind within ${timeoutMs} ms`), timeoutMs);
    waiting.add(look);
    look();
    return promise;
  }

  function waitFor(pattern: Pattern, timeoutMs: number, shown = () => text.slice(position)): Promise<RegExpExecArray> {
    const check = (): RegExpExecArray | undefined => {
      const match = find(pattern, text.slice(position));
      if (match === null) return undefined;
      position += match.index + match[0].length;
      return match;
    };
    return until(check, () => `waited for ${String(pattern)}; since the last wait there was:\n${shown()}`, timeoutMs);
  }

  function append(more: string): void {
    text += more;
    for (const look of waiting) look();
  }

  function close(reason: string): void {
    closed = reason;
    for (const look of waiting) look();
  }

  return { append, close, text: () => text, until, waitFor };
}

/** A string is looked for as it is; a sticky or global expression starts anew each time. */
export function find(pattern: Pattern, text: string): RegExpExecArray | null {
  if (typeof pattern !== 'string') return new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, '')).exec(text);
  return new RegExp(pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).exec(text);
}

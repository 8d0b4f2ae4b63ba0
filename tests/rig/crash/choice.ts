// Which operations are hit, and how: lists of faults from the trace of an undisturbed run. Always the same ones, since a draw would make
// failures that nobody can repeat.
import type { Fault, Operation } from './shim.ts';

export const ERRORS = ['ENOSPC', 'EIO', 'EROFS', 'EACCES', 'EMFILE'] as const;

export function every<T>(list: readonly T[], n: number, from = 0): T[] {
  return list.filter((_, index) => index % n === from % n);
}

export function hit(operations: readonly Operation[], action: Fault['action'], more: Partial<Fault> = {}): Fault[] {
  return operations.map(({ number }) => ({ ...more, at: number, action }));
}

/** Each operation once, with one error after the other. */
export function failInTurn(operations: readonly Operation[]): Fault[] {
  return operations.map(({ number }, index) => ({ at: number, action: ERRORS[index % ERRORS.length] ?? 'EIO' }));
}

export function writesOf(operations: readonly Operation[]): Operation[] {
  return operations.filter(({ kind }) => kind === 'write');
}

/** One of each kind on each file: the one in the middle, where most has begun and not ended. */
export function oneOfEachKind(operations: readonly Operation[]): Operation[] {
  const groups = Map.groupBy(operations, ({ kind, file }) => `${kind} ${file.replace(/\d{3,}/, 'N')}`);
  return [...groups.values()].map((group) => group[Math.floor(group.length / 2)] as Operation);
}

/** Two at a time: more only wait for one another on a small machine. */
export async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

export function sentence({ at, action, sticky, withoutExchange }: Fault): string {
  return `${action} at ${at}${sticky ? ' and from there on' : ''}${withoutExchange ? ', no exchange' : ''}`;
}

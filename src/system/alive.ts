// How to end what this process has started, should it have to end at once. Knows no process: who starts one registers its end here.

const endings = new Set<() => void>();

/** `kill` is called when this process ends by force; the returned function takes that back. */
export function onForcedEnd(kill: () => void): () => void {
  endings.add(kill);
  return () => void endings.delete(kill);
}

/** Ends, without asking, everything that is still running. */
export function killStarted(): void {
  for (const kill of endings) kill();
}

// How much memory V8 takes for what is soon thrown away. Knows nothing of who needs it.

import { setFlagsFromString } from 'node:v8';

/** V8's own values. */
export function letMemoryGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
  setFlagsFromString('--heap-growing-percent=0');
}

/**
 * To be called before much is read, and taken back at the end: code that V8 made under other flags is refused at the next start. By itself, V8 lets the room for young objects grow to 96 MB while a large runbook is read, and then
 * lets four times what is in use gather before it looks for what can go. With 10,000 tasks that is 350 MB; so it is 200.
 */
export function keepMemorySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=40');
}

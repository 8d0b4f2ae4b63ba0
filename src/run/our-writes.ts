// What this program has written into the files lately, and how it is taken back. Knows the journal and the texts, not why they changed.

import path from 'node:path';
import type { Journal } from '../journal/journal.ts';
import type { FileEdit, PlannedFile } from '../runbook/store.ts';
import { readText } from '../system/files.ts';
import { replaceFile } from '../system/replace.ts';
import { changesOf, isOpen } from './roll-forward.ts';
import { editsOf } from './step.ts';

/** How far one writing may reach back: a burst of quick scripts is one. */
const REACHES = [8, 64, 512];

/** The latest last in each; the shortest list first. */
export function recentEdits({ unsettled, newest }: Journal): FileEdit[][] {
  const [behind, all] = [unsettled(), newest()];
  const open = behind.ok ? behind.value.filter(isOpen) : [];
  const stand = all.ok ? all.value.filter(({ state }) => state === 'written' || state === 'settled') : [];
  const some = [open, ...REACHES.map((reach) => stand.slice(0, reach).toReversed())];
  return some.map((entries) => [...editsOf(entries.flatMap(changesOf)).files]);
}

/** After a failed write: the files as they were. False where one of them is not ours to put back any more. */
export async function takeBack(root: string, planned: readonly PlannedFile[]): Promise<boolean> {
  for (const { edit, text, former } of planned) {
    const file = path.join(root, edit.file);
    const now = readText(file);
    if (!now.ok) return false;
    if (now.value === former) continue;
    const replaced = now.value === text ? await replaceFile(file, former, text) : undefined;
    if (!replaced?.ok || replaced.value.kind !== 'replaced') return false;
  }
  return true;
}

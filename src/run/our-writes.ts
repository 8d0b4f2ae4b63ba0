// Takes back what this program has just written into the files. Knows the texts, not why they changed.

import path from 'node:path';
import type { PlannedFile } from '../runbook/store.ts';
import { readText } from '../system/files.ts';
import { replaceFile } from '../system/replace.ts';

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

// Temporary files that a killed write has left beside the YAML files and artifacts. Removes what is ours; keeps beside the file what
// somebody else wrote in the very moment of the write.

import path from 'node:path';
import { type FileEdit, planFiles } from '../runbook/store.ts';
import type { Task } from '../runbook/task.ts';
import { readBytes, readText, removeNow } from '../system/files.ts';
import { confine, RUNBOOK_FILE, realPath } from '../system/paths.ts';
import { keepBeside } from '../system/replace.ts';
import { type Leftover, leftoversIn } from '../system/upkeep.ts';
import { FORMER_FOLDER, type Former, formersLeft, isOurs } from './former.ts';

/**
 * To be called under the project's lock, and before what the dead process was about to write is made. `edits`: that, and what was written
 * before, each as a whole. Gives what was kept.
 */
export async function sweepLeftovers(
  root: string,
  tasks: readonly Task[],
  edits: () => readonly (readonly FileEdit[])[],
): Promise<readonly string[]> {
  const kept: string[] = [];
  const formers = new Map((await formersLeft(root)).map((each) => [path.join(root, each.artifact), each]));
  for (const leftover of await leftoversOf(root, tasks)) {
    const former = formers.get(leftover.target);
    if (leftover.mayBeForeign && (former ? isNotOf(former, leftover) : await isForeign(root, leftover, edits())))
      kept.push(path.relative(root, keepBeside(leftover.file, leftover.target)));
    else removeNow(leftover.file);
  }
  return kept;
}

async function leftoversOf(root: string, tasks: readonly Task[]): Promise<Leftover[]> {
  const inside = confine(root);
  const files = [RUNBOOK_FILE, ...tasks.flatMap(({ detail, outputArtifact }) => [detail?.file, outputArtifact])];
  const known = new Set(files.flatMap((file) => (file === undefined ? [] : (inside(file) ?? []))));
  // The runbook may be a link that leads out of the project; it is written beside its target.
  const runbook = realPath(path.join(root, RUNBOOK_FILE));
  if (runbook) known.add(runbook);
  const folders = new Set([...known].map((file) => path.dirname(file)));
  const own = path.join(root, FORMER_FOLDER);
  const found = await Promise.all([own, ...folders].map(leftoversIn));
  return found.flat().filter(({ target }) => known.has(target) || path.dirname(target) === own);
}

/** An artifact that was being replaced, or put back. */
function isNotOf(former: Former, { file }: Leftover): boolean {
  const left = readBytes(file);
  return left.ok && !isOurs(former, left.value);
}

/**
 * Ours are: what the file holds already, a part of what it was about to hold, and what it held before. Anything else was put there by
 * somebody who saved the file between our last look and the exchange.
 */
async function isForeign(
  root: string,
  { file, target }: Leftover,
  edits: readonly (readonly FileEdit[])[],
): Promise<boolean> {
  const [left, now] = [readText(file), readText(target)];
  if (!left.ok || !now.ok || left.value === now.value) return false;
  const name = target === realPath(path.join(root, RUNBOOK_FILE)) ? RUNBOOK_FILE : path.relative(root, target);
  const ours = edits.flatMap((some) => some.find((one) => path.normalize(one.file) === name) ?? []);
  if (ours.length === 0) return !now.value.startsWith(left.value);
  const texts = { left: left.value, now: now.value };
  for (const edit of ours) if (await explains(root, edit, { file: path.relative(root, file), texts })) return false;
  return true;
}

type Found = { readonly file: string; readonly texts: { readonly left: string; readonly now: string } };

/**
 * Whether what was left is a part of what the edit makes of the file, or what it was made from; or the edit makes the same of both: while
 * files were written the run went on, and what was left knows only the first of the edits.
 */
async function explains(root: string, edit: FileEdit, { file, texts }: Found): Promise<boolean> {
  const next = await textAfter(root, edit);
  if (next?.startsWith(texts.left)) return true;
  const other = await textAfter(root, { file, edits: edit.edits });
  return other !== undefined && (other === texts.now || other === next);
}

async function textAfter(root: string, edit: FileEdit): Promise<string | undefined> {
  const planned = await planFiles(root, [edit]);
  return planned.ok ? planned.value[0]?.text : undefined;
}

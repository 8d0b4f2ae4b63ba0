// Texts that a person writes in their editor on the way to an answer or a prompt. Each is a file in the project from the first moment,
// so that no end of this process loses it; removed when it was used. Does not judge them.

import path from 'node:path';
import { isClaimed } from '../../../journal/lock.ts';
import { fileInfo, listFolderNow, readText, removeFolderNow, removeNow, syncFile } from '../../../system/files.ts';
import type { Person } from '../../ports.ts';

const EDITS_FOLDER = path.join('.orchestrate', 'edits');

export type KeptText = {
  /** Relative to the root. */
  readonly file: string;
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly at: string;
};

/** `gone`: the task was answered elsewhere meanwhile; what had been written by then is in `file`, if there was anything. */
type Edited =
  | { readonly kind: 'edited'; readonly text: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'problem'; readonly problem: string }
  | { readonly kind: 'gone'; readonly file?: string };

export type Edits = {
  /** What the person wrote last and has not used; undefined where that is no other than `content`. */
  readonly kept: (content: string) => KeptText | undefined;
  /** Opens the editor on `text`, or on a kept text, which the result then replaces. */
  readonly edit: (person: Person, from: { text: string; extension: string; kept?: KeptText }) => Promise<Edited>;
  /** This text was used. Gives what else is kept. */
  readonly used: (text: string) => KeptText | undefined;
};

/** `runId`: undefined for somebody who only looks. */
type EditsOf = {
  readonly root: string;
  readonly runId?: string;
  readonly taskId: string;
  readonly kind: 'answer' | 'prompt';
};

/** A file's name says whose it is: one that another living run has open is left to that run. */
export function editsOf({ root, runId, taskId, kind }: EditsOf): Edits {
  const folder = path.join(EDITS_FOLDER, taskId);
  const ownFile = (extension: string) => path.join(folder, `${kind}-${runId ?? 'look'}${extension}`);
  const mine = (): readonly KeptText[] =>
    listFolderNow(path.join(root, folder)).flatMap((name) => {
      const [, of, run = ''] = /^(answer|prompt)-([0-9a-f-]{36})(?:\.\w+)?$/.exec(name) ?? [];
      if (of !== kind || (run !== runId && isClaimed(root, run))) return [];
      return keptText(root, path.join(folder, name)) ?? [];
    });
  const kept = (content: string) => {
    const [newest] = mine().toSorted((a, b) => (a.at < b.at ? 1 : -1));
    return newest === undefined || isSameText(newest.text, content) ? undefined : newest;
  };
  const remove = (files: readonly string[]) => {
    for (const file of files) removeNow(path.join(root, file));
    for (const each of [folder, EDITS_FOLDER]) removeFolderNow(path.join(root, each));
  };
  return {
    kept,
    async edit(person, { text, extension, kept: from }) {
      const base = from?.text ?? text;
      const file = ownFile(extension);
      const result = await person.edit(base, extension, path.join(root, file));
      const saved = readText(path.join(root, file));
      const isNew = saved.ok && !isSameText(saved.value, text) && !isSameText(saved.value, base);
      if (saved.ok && !isNew && file !== from?.file) remove([file]);
      if (isNew) syncFile(path.join(root, file));
      if ('gone' in result) return { kind: 'gone', ...(isNew ? { file } : {}) };
      if ('problem' in result) return { kind: 'problem', problem: result.problem };
      if (isSameText(result.text, base)) return { kind: 'unchanged' };
      if (isNew && from !== undefined && from.file !== file) remove([from.file]);
      return { kind: 'edited', text: result.text };
    },
    used(text) {
      remove(mine().flatMap((each) => (isSameText(each.text, text) ? each.file : [])));
      return kept(text);
    },
  };
}

function keptText(root: string, file: string): KeptText | undefined {
  const text = readText(path.join(root, file));
  const info = fileInfo(path.join(root, file));
  if (!text.ok || info === undefined) return undefined;
  return { file, text: text.value, at: new Date(info.writtenMs).toISOString() };
}

/** Editors end the last line of a file, and so does whoever writes the artifact. */
function isSameText(one: string, other: string): boolean {
  return one === other || withEnd(one) === withEnd(other);
}

function withEnd(text: string): string {
  return text.endsWith('\n') || text === '' ? text : `${text}\n`;
}

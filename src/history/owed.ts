// What the history could not take: a file a call in .orchestrate/owed, which whoever opens the history next writes into it. Knows no
// columns.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import {
  listFolderNow,
  makeFolder,
  readText,
  removeFolderNow,
  removeNow,
  renameNow,
  syncFile,
  writeText,
} from '../system/files.ts';
import type { KnownCall } from './written.ts';

const OWED = path.join('.orchestrate', 'owed');

/** On the disk when this returns, whole or not at all. */
export function owe(root: string, call: KnownCall): Result<undefined, Failure> {
  const folder = makeFolder(path.join(root, OWED));
  if (!folder.ok) return folder;
  const file = fileOf(root, call.id);
  const written = writeText(`${file}.part`, `${JSON.stringify(call)}\n`);
  if (!written.ok) return written;
  const synced = syncFile(`${file}.part`);
  return synced.ok ? renameNow(`${file}.part`, file) : synced;
}

export function oweNoMore(root: string, id: string): void {
  removeNow(fileOf(root, id));
  removeFolderNow(path.join(root, OWED));
}

/** One that was cut off while it was written says nothing: it is left out, and stays for a person to look at. */
export function owedCalls(root: string): KnownCall[] {
  const folder = path.join(root, OWED);
  return listFolderNow(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const text = readText(path.join(folder, name));
      return text.ok ? parsed(text.value) : [];
    });
}

function parsed(text: string): KnownCall[] {
  try {
    const call = JSON.parse(text) as Partial<KnownCall> | null;
    return typeof call?.id === 'string' ? [call as KnownCall] : [];
  } catch {
    return [];
  }
}

function fileOf(root: string, id: string): string {
  return path.join(root, OWED, `${id}.json`);
}

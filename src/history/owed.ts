// What is not in the history yet: in .orchestrate/owed, until whoever opens the history next writes it into it. A file for each call that
// the history could not take, and one for the answers that a process had in hand when it was killed. Knows no columns.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import { newId } from '../system/clock.ts';
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
import { openJotter } from '../system/jotter.ts';
import { isAliveIdentity, isThisMachine, type ProcessIdentity, thisProcess } from '../system/process-identity.ts';
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
  remove(root, fileOf(root, id));
}

/** Answers that have arrived and wait for their commit: `kill -9` would lose them, and they would be paid for again. */
export type InHand = {
  readonly add: (call: KnownCall) => void;
  readonly clear: () => void;
  readonly close: () => void;
};

export function holdInHand(root: string): InHand {
  const jotter = openJotter(path.join(root, OWED, `${newId()}.hand`), JSON.stringify(thisProcess()));
  return {
    add: (call) => jotter.add(JSON.stringify(call)),
    clear: jotter.clear,
    close() {
      jotter.close();
      removeFolderNow(path.join(root, OWED));
    },
  };
}

export type Owed = { readonly calls: readonly KnownCall[]; readonly paid: () => void };

export function owedCalls(root: string): Owed[] {
  const folder = path.join(root, OWED);
  return listFolderNow(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const owed = (calls: readonly KnownCall[]): Owed => ({ calls, paid: () => remove(root, file) });
    if (name.endsWith('.json')) {
      // One that was cut off while it was written says nothing: it stays for a person to look at.
      const calls = linesOf(file).flatMap(parsed);
      return calls.length > 0 ? [owed(calls)] : [];
    }
    if (!name.endsWith('.hand')) return [];
    const [head, ...lines] = linesOf(file);
    return isOfTheDead(head) ? [owed(lines.flatMap(parsed))] : [];
  });
}

function linesOf(file: string): string[] {
  const text = readText(file);
  return text.ok ? text.value.split('\n').filter((line) => line !== '') : [];
}

/** What the living have in hand they write themselves. */
function isOfTheDead(head: string | undefined): boolean {
  const owner = read(head ?? '') as ProcessIdentity | undefined;
  return owner !== undefined && isThisMachine(owner) && !isAliveIdentity(owner);
}

function parsed(line: string): KnownCall[] {
  const call = read(line);
  return call !== undefined && 'id' in call && typeof call.id === 'string' ? [call as KnownCall] : [];
}

function read(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function remove(root: string, file: string): void {
  removeNow(file);
  removeFolderNow(path.join(root, OWED));
}

function fileOf(root: string, id: string): string {
  return path.join(root, OWED, `${id}.json`);
}

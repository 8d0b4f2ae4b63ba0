// Makes a folder a project. Overwrites nothing. Knows the starter's files by name only.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { count } from '../base/text.ts';
import { createFile, fileInfo, listFolder, makeFolder, readText } from '../system/files.ts';
import { displayPath, RUNBOOK_FILE } from '../system/paths.ts';
import { replaceFile } from '../system/replace.ts';
import { schemaFiles } from './schema-files.ts';
import { GITIGNORE_LINES, starterFiles } from './starter.ts';

export type NewProject = {
  /** Relative paths, in the order in which they were made. */
  readonly created: readonly string[];
  /** What was there already and stays as it is. */
  readonly kept: readonly string[];
  /** Lines that were added to a .gitignore that was there. */
  readonly ignored: readonly string[];
};

/** Fails with nothing written where the folder is a project already. What fails later can be run again: runbook.yaml is written last. */
export async function createProject(root: string): Promise<Result<NewProject, Failure>> {
  const info = fileInfo(root);
  if (info !== undefined && !info.isDirectory)
    return err({
      code: 'usage',
      message: `${displayPath(root)} is not a folder`,
      advice: 'name a folder, new or existing',
    });
  // Of the names, not by a look at the file: a dangling link is there too.
  if ((await listFolder(root)).includes(RUNBOOK_FILE)) {
    return err({
      code: 'usage',
      message: `${displayPath(path.join(root, RUNBOOK_FILE))} exists already; nothing was written`,
      advice: 'to add a task to it: orchestrate add ID',
    });
  }
  const made = makeFolder(root);
  if (!made.ok) return made;
  const ignored = await ignoreOurs(root);
  if (!ignored.ok) return ignored;
  const created = ignored.value === 'created' ? ['.gitignore'] : [];
  const kept: string[] = [];
  for (const { file, text } of [...(await schemaFiles()), ...(await starterFiles(path.basename(root)))]) {
    const written = await createFile(path.join(root, file), text);
    if (written.ok) created.push(file);
    else if (written.error.errno === 'EEXIST') kept.push(file);
    else return written;
  }
  return ok({ created, kept, ignored: ignored.value === 'created' ? [] : ignored.value });
}

/** Makes a .gitignore, or adds the lines that it lacks. */
async function ignoreOurs(root: string): Promise<Result<'created' | string[], Failure>> {
  const file = path.join(root, '.gitignore');
  const text = readText(file);
  if (!text.ok && text.error.errno !== 'ENOENT') return text;
  if (!text.ok) {
    const made = await createFile(file, gitignore(GITIGNORE_LINES));
    return made.ok ? ok('created') : made;
  }
  const has = new Set(text.value.split('\n').map(bare));
  const missing = GITIGNORE_LINES.filter((line) => !has.has(bare(line)));
  if (missing.length === 0) return ok([]);
  const newline = text.value.includes('\r\n') ? '\r\n' : '\n';
  const gap = text.value === '' || text.value.endsWith('\n') ? '' : newline;
  const written = await replaceFile(file, text.value + gap + gitignore(missing).replaceAll('\n', newline));
  return written.ok ? ok([...missing]) : written;
}

/** `/logs/` and `logs` ignore at least what `logs/` does. */
function bare(line: string): string {
  return line.trim().replace(/^\/|\/$/g, '');
}

function gitignore(lines: readonly string[]): string {
  return `# Keys, and what orchestrate keeps for itself.\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** `3 lines added`. */
export function linesAdded(lines: readonly string[]): string {
  return `${count(lines.length, 'line')} added`;
}

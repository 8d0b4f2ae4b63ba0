// What is looked at and mended between runs: rights, programs that are needed, names that stand in the way. Knows no project.

import { accessSync, constants, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import { exists, type FileFailure } from './files.ts';

/** Whether this user may write into the folder; where it does not exist, whether it could be made. */
export function canWrite(folder: string): boolean {
  let nearest = folder;
  while (!exists(nearest) && nearest !== path.dirname(nearest)) nearest = path.dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
    return statSync(nearest).isDirectory();
  } catch {
    return false;
  }
}

/** Whether this user may write into the file itself. */
export function canWriteFile(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The permission bits, or undefined where there is no such file or the system keeps none. */
export function permissionsOf(file: string): number | undefined {
  if (process.platform === 'win32') return undefined;
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  return mode === undefined ? undefined : mode & 0o777;
}

/** The program that a bare name or a path stands for, or undefined where there is none. */
export function findProgram(name: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const folders = name.includes('/') ? [''] : (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Renames within a folder; what stands in the way is an error. */
export function moveAside(file: string, to: string): Result<undefined, FileFailure> {
  try {
    if (exists(to)) return err({ code: 'io', operation: 'make', path: to, errno: 'EEXIST' });
    renameSync(file, to);
    return ok(undefined);
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return err({ code: 'io', operation: 'move', path: file, errno });
  }
}

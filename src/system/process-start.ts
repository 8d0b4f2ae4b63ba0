// Says why a process could not be started. Does not start any, and does not know what it was for.
import { accessSync, constants, readFileSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';

export type NotStarted = { readonly kind: 'not-started'; readonly code: string; readonly message: string };

export type Attempt = { readonly file: string; readonly cwd: string };

/**
 * Explains the error of a failed spawn. The system gives one and the same code for a missing folder, a missing program
 * and a missing interpreter, so the files are looked at again.
 */
export function whyNotStarted(error: Pick<NodeJS.ErrnoException, 'code' | 'message'>, attempt: Attempt): NotStarted {
  const folder = folderProblem(attempt.cwd);
  if (folder !== undefined) return folder;
  const code = error.code ?? 'UNKNOWN';
  return notStarted(code, commandProblem(code, attempt) ?? `"${attempt.file}" could not be started: ${error.message}`);
}

function notStarted(code: string, message: string): NotStarted {
  return { kind: 'not-started', code, message };
}

function folderProblem(cwd: string): NotStarted | undefined {
  const stats = statOf(cwd);
  if (stats === undefined) {
    return notStarted('ENOENT', `the working folder "${cwd}" does not exist; create it, or correct the path`);
  }
  if (!stats.isDirectory()) {
    return notStarted('ENOTDIR', `the working folder "${cwd}" is a file; name a folder instead`);
  }
  if (!isExecutable(cwd)) return notStarted('EACCES', `the working folder "${cwd}" may not be entered by this user`);
  return undefined;
}

function commandProblem(code: string, attempt: Attempt): string | undefined {
  const { file } = attempt;
  switch (code) {
    case 'ENOENT':
      return missingProblem(attempt);
    case 'EACCES':
      return accessProblem(attempt);
    case 'ENOEXEC':
      return `"${file}" is not a program for this system; a script needs a first line such as "#!/bin/sh"`;
    case 'E2BIG':
      return `the arguments and environment of "${file}" are longer than the system allows; pass them in a file`;
    case 'ERR_INVALID_ARG_VALUE':
      return `"${printable(file)}" could not be started: the command, an argument or an environment value is empty or holds a NUL character`;
    default:
      return undefined;
  }
}

function missingProblem({ file, cwd }: Attempt): string {
  const path = resolve(cwd, file);
  const exists = statOf(path) !== undefined;
  if (!file.includes('/')) {
    const hint = exists ? `; to run the file in the working folder, write "./${file}"` : '';
    return `the command "${file}" was not found on PATH; install it, or correct its name${hint}`;
  }
  if (!exists) return `the program "${file}" does not exist (looked for at ${path})`;
  const interpreter = firstLine(path);
  return `the program "${file}" exists, but the interpreter of its first line${interpreter} does not`;
}

function accessProblem({ file, cwd }: Attempt): string {
  const path = resolve(cwd, file);
  if (file.includes('/') && statOf(path)?.isDirectory()) return `"${file}" is a folder, not a program`;
  return `"${file}" may not be executed; make it executable (chmod +x), or run it through its interpreter`;
}

function firstLine(path: string): string {
  try {
    const line = readFileSync(path, 'utf8').split('\n', 1)[0] ?? '';
    return line.startsWith('#!') ? ` (${JSON.stringify(line.slice(0, 100))})` : '';
  } catch {
    return '';
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function printable(text: string): string {
  return text.replaceAll('\0', '\\0');
}

// Where things are: the project root, paths that must stay inside it, the user's own folders. Reads links, writes nothing.

import { existsSync, realpathSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const RUNBOOK_FILE = 'runbook.yaml';

/** The nearest folder at or above `from` that holds runbook.yaml (design.md §2). */
export function findRoot(from: string): string | undefined {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, RUNBOOK_FILE))) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/** True where another user owns the folder: its scripts would run with our rights (as git's safe.directory guards). */
export function ownedByOther(folder: string): boolean {
  const uid = process.getuid?.();
  return uid !== undefined && statSync(folder).uid !== uid;
}

/** The real path of the deepest part that exists, with the rest appended: links are resolved before "inside" is judged. */
function realPath(file: string): string {
  let existing = file;
  const rest: string[] = [];
  while (!existsSync(existing) && existing !== path.dirname(existing)) {
    rest.unshift(path.basename(existing));
    existing = path.dirname(existing);
  }
  return path.join(realpathSync(existing), ...rest);
}

/**
 * The absolute path of `relative` when it stays inside `root` after links are resolved, else undefined (design.md §9). Absolute
 * paths are refused even where they point inside: a runbook must work in another folder.
 */
export function insideRoot(root: string, relative: string): string | undefined {
  return confine(root)(relative);
}

/** `insideRoot` for many paths: the root's own links are resolved once. */
export function confine(root: string): (relative: string) => string | undefined {
  const realRoot = realpathSync(root);
  return (relative) => {
    if (relative === '' || relative.includes('\0') || path.isAbsolute(relative)) return undefined;
    const absolute = path.resolve(root, relative);
    const real = realPath(absolute);
    return real === realRoot || real.startsWith(realRoot + path.sep) ? absolute : undefined;
  };
}

/** A path as a person wants to read it: relative to the current folder when that is shorter. */
export function displayPath(file: string, from = process.cwd()): string {
  const relative = path.relative(from, file);
  return relative !== '' && relative.length < file.length ? relative : file;
}

/** The user's configuration folder (XDG base directory specification). */
export function userConfigFolder(env: NodeJS.ProcessEnv): string {
  return path.join(env.XDG_CONFIG_HOME || path.join(env.HOME || os.homedir(), '.config'), 'orchestrate');
}

/** The user's data folder (XDG base directory specification). */
export function userDataFolder(env: NodeJS.ProcessEnv): string {
  return path.join(env.XDG_DATA_HOME || path.join(env.HOME || os.homedir(), '.local', 'share'), 'orchestrate');
}

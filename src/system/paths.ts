// Where things are: the project root, paths that must stay inside it, the user's own folders. Reads links, writes nothing.

import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

export const RUNBOOK_FILE = 'runbook.yaml';

/** Undefined where it was deleted under us. */
export function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

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

/**
 * The real path of the deepest part that exists, with the rest appended: links are resolved before "inside" is judged. Undefined
 * where a link leads nowhere: what is written through it would lie at its target, wherever that is.
 */
export function realPath(file: string): string | undefined {
  try {
    return realpathSync.native(file);
  } catch {
    return realPathOfMissing(file);
  }
}

function realPathOfMissing(file: string): string | undefined {
  let existing = file;
  const rest: string[] = [];
  while (!isEntry(existing) && existing !== path.dirname(existing)) {
    rest.unshift(path.basename(existing));
    existing = path.dirname(existing);
  }
  return existsSync(existing) ? path.join(realpathSync.native(existing), ...rest) : undefined;
}

/** True also for a link that leads nowhere. */
function isEntry(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch {
    return false;
  }
}

/** Nothing in it needs to be worked out: no `.` or `..`, no two slashes. */
const PLAIN = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/** `path.join` for many names in one folder, which looks at each character of both every time. */
export function joinTo(folder: string, name: string): string {
  return PLAIN.test(name) && !folder.endsWith('/') ? `${folder}/${name}` : path.join(folder, name);
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
  const realRoot = realpathSync.native(root);
  const beneath = realRoot.endsWith(path.sep) ? realRoot : realRoot + path.sep;
  return (relative) => {
    if (relative === '' || relative.includes('\0') || path.isAbsolute(relative)) return undefined;
    const absolute = path.resolve(root, relative);
    const real = realPath(absolute);
    return real !== undefined && (real === realRoot || real.startsWith(beneath)) ? absolute : undefined;
  };
}

/** Where `relative` really lies once links are resolved: relative to the root, with `/`; undefined where that is outside. */
export function realInside(root: string, relative: string): string | undefined {
  const absolute = insideRoot(root, relative);
  const real = absolute === undefined ? undefined : realPath(absolute);
  return real === undefined ? undefined : path.relative(realpathSync(root), real).replaceAll(path.sep, '/');
}

/** A path as a person wants to read it: relative to the current folder when that is shorter. */
export function displayPath(file: string, from = currentFolder() ?? '/'): string {
  const relative = path.relative(from, file);
  return relative !== '' && relative.length < file.length ? relative : file;
}

/** The user's configuration folder. */
export function userConfigFolder(env: NodeJS.ProcessEnv): string {
  return path.join(xdgFolder(env, 'XDG_CONFIG_HOME', '.config'), 'orchestrate');
}

/** Where the user's own history lies, of prompts that belong to no project. */
export function userDataFolder(env: NodeJS.ProcessEnv): string {
  return path.join(xdgFolder(env, 'XDG_DATA_HOME', path.join('.local', 'share')), 'orchestrate');
}

/** XDG base directory specification: a relative path in the variable does not count. */
function xdgFolder(env: NodeJS.ProcessEnv, name: string, fallback: string): string {
  const named = env[name];
  return named && path.isAbsolute(named)
    ? named
    : path.join(env.HOME || process.getBuiltinModule('node:os').homedir(), fallback);
}

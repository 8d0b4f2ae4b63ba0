// Files that are believed because nobody but this user can have written them. Knows nothing of what they hold.

import nodeFs from 'node:fs';

/** Undefined where there is none, and where somebody else may have written it or has put a link there. */
export function readOwn(file: string): Buffer | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = nodeFs.constants;
  try {
    const descriptor = nodeFs.openSync(file, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
    try {
      const stats = nodeFs.fstatSync(descriptor);
      const isOwn = stats.isFile() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
      return isOwn ? nodeFs.readFileSync(descriptor) : undefined;
    } finally {
      nodeFs.closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/** For its owner alone, whole or not at all while the machine runs; false where it cannot be written. One writer at a time. */
export function writeOwn(file: string, content: string): boolean {
  const fresh = `${file}.new`;
  try {
    nodeFs.rmSync(fresh, { force: true });
    nodeFs.writeFileSync(fresh, content, { flag: 'wx', mode: 0o600 });
    nodeFs.renameSync(fresh, file);
    return true;
  } catch {
    nodeFs.rmSync(fresh, { force: true });
    return false;
  }
}

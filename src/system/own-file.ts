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

/**
 * What follows one another, for its owner alone; false where it cannot be written. It is neither put in place as a whole nor made durable: whoever reads it must see
 * whether it is whole.
 */
export function writeOwn(file: string, contents: Iterable<Uint8Array>): boolean {
  try {
    nodeFs.rmSync(file, { force: true });
    const descriptor = nodeFs.openSync(file, 'wx', 0o600);
    try {
      for (const content of contents) nodeFs.writeFileSync(descriptor, content);
    } finally {
      nodeFs.closeSync(descriptor);
    }
    return true;
  } catch {
    return false;
  }
}

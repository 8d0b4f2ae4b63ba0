// Makes folders with those above them. Throws what the system says.

import nodeFs from 'node:fs';
import path from 'node:path';

/** Node's own `recursive` never ends where a folder is there and nothing can be made in it, as in /proc. */
export function ensureFolder(folder: string): void {
  if (isFolder(folder)) return;
  const above = path.dirname(folder);
  if (above !== folder && !nodeFs.existsSync(above)) ensureFolder(above);
  try {
    nodeFs.mkdirSync(folder);
  } catch (error) {
    // Somebody else may have been quicker.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(folder: string): boolean {
  try {
    return nodeFs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

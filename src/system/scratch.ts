// Small private files outside the project that live as long as a script does. Knows nothing of what is in them.

import nodeFs from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import { type FileFailure, failure, readText, removeNow, type TemporaryFile, temporaryFolder } from './files.ts';

let folder: string | undefined;
let made = 0;

/** An empty one. All of them lie in one folder, which is gone when the process ends. */
export function makeScratchFile(extension: string): Result<TemporaryFile, FileFailure> {
  try {
    // Somebody may have cleared it away.
    if (folder === undefined || !nodeFs.existsSync(folder)) folder = makeFolder();
    made += 1;
    const file = path.join(folder, `${made}${extension}`);
    nodeFs.writeFileSync(file, '', { mode: 0o600 });
    return ok({ path: file, read: () => readText(file), remove: async () => void removeNow(file) });
  } catch (error) {
    return err(failure('create', temporaryFolder(), error));
  }
}

/**
 * In memory where the system has a place for that, and nobody names another: what scripts hand on never reaches the disk, and a disk that
 * is busy with other files holds nobody up. ext4 looks past every file that was removed in the last minutes when it makes one.
 */
function makeFolder(): string {
  const { TMPDIR, XDG_RUNTIME_DIR } = process.env;
  const inMemory = TMPDIR || process.platform !== 'linux' ? [] : [XDG_RUNTIME_DIR, '/dev/shm'];
  const name = inMemory.map(makeFolderIn).find((made) => made !== undefined) ?? mkdtempIn(temporaryFolder());
  process.once('exit', () => nodeFs.rmSync(name, { recursive: true, force: true }));
  return name;
}

function makeFolderIn(parent: string | undefined): string | undefined {
  try {
    return parent ? mkdtempIn(parent) : undefined;
  } catch {
    // Not there, or not for us.
    return undefined;
  }
}

function mkdtempIn(parent: string): string {
  return nodeFs.mkdtempSync(path.join(parent, 'orchestrate-'));
}

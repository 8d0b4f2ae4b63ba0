// Small private files outside the project that live as long as a script does. Knows nothing of what is in them.

import nodeFs from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import { type FileFailure, failure, readText, removeFile, type TemporaryFile, temporaryFolder } from './files.ts';

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
    return ok({ path: file, read: () => readText(file), remove: async () => void (await removeFile(file)) });
  } catch (error) {
    return err(failure('create', temporaryFolder(), error));
  }
}

function makeFolder(): string {
  const name = nodeFs.mkdtempSync(path.join(temporaryFolder(), 'orchestrate-'));
  process.once('exit', () => nodeFs.rmSync(name, { recursive: true, force: true }));
  return name;
}

// Where a command may write what it is told to write: not over a part of the project, nor over what is no file. Writes nothing.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { isForbiddenArtifact } from '../runbook/resolve.ts';
import type { Runbook } from '../runbook/task.ts';
import { fileInfo } from '../system/files.ts';
import { currentFolder, realInside } from '../system/paths.ts';

export type Wanted = {
  /** What named the file, as the beginning of a sentence: `--junit`. */
  readonly by: string;
  /** As the person wrote it, relative to the current folder. */
  readonly file: string;
  /** What would be written: `a report`. */
  readonly what: string;
};

/** The absolute path. `root` is undefined outside a project, `runbook` where it was not read. */
export function writableTarget(
  root: string | undefined,
  { by, file, what }: Wanted,
  runbook?: Runbook,
): Result<string, Failure> {
  const absolute = path.resolve(currentFolder() ?? '/', file);
  const refused = (message: string) => err<Failure>({ code: 'usage', message, advice: 'name another file' });
  const info = fileInfo(absolute);
  if (file === '' || (info && !info.isFile && !info.isDevice)) return refused(`${by}: "${file}" is not a file`);
  const real = root === undefined ? undefined : realInside(root, path.relative(root, absolute));
  if (real === undefined) return ok(absolute);
  const isPart = runbook?.tasks.some(({ detail }) => detail && path.normalize(detail.file) === real) ?? false;
  if (isPart || isForbiddenArtifact(real))
    return refused(`${by}: ${file} is a part of the project, which ${what} must not replace`);
  return ok(absolute);
}

// Reads the text of a YAML file of the project, or says why it cannot. Knows nothing of what it means.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { fileInfo, readBytes } from '../system/files.ts';
import { reappeared, settle } from '../system/replace.ts';
import { badCharacter } from './characters.ts';
import { MAX_YAML_BYTES } from './parse.ts';
import type { Problem, SourceFile } from './problem.ts';

export type Unreadable =
  | Extract<Failure, { code: 'io' }>
  | { readonly code: 'problems'; readonly problems: readonly Problem[]; readonly source: SourceFile };

export function readSource(root: string, file: string): Promise<Result<SourceFile, Unreadable>> {
  return readSourceAt(path.join(root, file), file);
}

/** A file that must be there may be away for a moment, while an editor puts another in its place. */
export async function readPresent(absolute: string, file: string): Promise<Result<SourceFile, Unreadable>> {
  for (;;) {
    const source = await readSourceAt(absolute, file);
    const isAway = !source.ok && source.error.code === 'io' && source.error.errno === 'ENOENT';
    if (!isAway || !(await reappeared(absolute))) return source;
  }
}

/** `file` is the name that it goes by in messages. */
async function readSourceAt(absolute: string, file: string): Promise<Result<SourceFile, Unreadable>> {
  await settle(absolute);
  const info = fileInfo(absolute);
  if (info && !info.isFile)
    return unreadable(file, {
      code: 'no-file',
      message: `${file} is ${info.isDirectory ? 'a folder' : 'not a regular file'}`,
      advice: 'put a YAML file in its place',
    });
  if (info && info.size > MAX_YAML_BYTES) {
    const message = `${file} has ${Math.round(info.size / 1_048_576)} MB; the limit is ${MAX_YAML_BYTES / 1_048_576} MB`;
    return unreadable(file, { code: 'file-too-large', message, advice: 'move data out of it into files of its own' });
  }
  const bytes = readBytes(absolute);
  if (!bytes.ok) return bytes;
  const source = { file, text: bytes.value.toString('utf8') };
  const problem = badCharacter(source, bytes.value);
  return problem ? err({ code: 'problems', problems: [problem], source }) : ok(source);
}

function unreadable(
  file: string,
  { code, message, advice }: { code: string; message: string; advice: string },
): Result<never, Unreadable> {
  const source = { file, text: '' };
  return err({
    code: 'problems',
    problems: [{ severity: 'error', code, message, spot: { source, path: [] }, advice }],
    source,
  });
}

// The JSON Schemas as files in a project, for editors. Knows the folder, not the schemas.

import path from 'node:path';
import { ok, type Result } from '../base/result.ts';
import { type FileFailure } from '../system/files.ts';
import { replaceFile } from '../system/replace.ts';
import type { SchemaKind } from './descriptions.ts';

export const SCHEMA_KINDS = [
  'runbook',
  'task',
  'template',
  'recording',
  'models',
  'quickies',
] as const satisfies readonly SchemaKind[];

/** With slashes: it stands in the first line of YAML files too. */
export const SCHEMA_FOLDER = '.orchestrate/schemas';

/** Relative path → text of each schema file. */
export async function schemaFiles(): Promise<{ readonly file: string; readonly text: string }[]> {
  const { schemaOf } = await import('./schemas.ts');
  return SCHEMA_KINDS.map((kind) => ({
    file: `${SCHEMA_FOLDER}/${kind}.json`,
    text: `${JSON.stringify(schemaOf(kind), null, 2)}\n`,
  }));
}

/** Writes all of them anew; gives their paths. */
export async function writeSchemas(root: string): Promise<Result<string[], FileFailure>> {
  const files = await schemaFiles();
  for (const { file, text } of files) {
    const written = await replaceFile(path.join(root, file), text);
    if (!written.ok) return written;
  }
  return ok(files.map(({ file }) => file));
}

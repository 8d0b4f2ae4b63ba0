// `orchestrate schema`: the JSON Schemas of the files, printed or written into the project.

import { type App, openProject } from '../app.ts';
import type { SchemaKind } from '../authoring/descriptions.ts';
import { SCHEMA_FOLDER, SCHEMA_KINDS, writeSchemas } from '../authoring/schema-files.ts';
import { didYouMean } from '../base/text.ts';
import { writeJson } from '../terminal/io.ts';
import { fail } from './outcome.ts';

export async function schema(app: App, { kind, write }: { kind: string; write?: boolean }): Promise<number> {
  if (!isKind(kind)) {
    const advice = didYouMean(kind, SCHEMA_KINDS) ?? `the kinds are ${SCHEMA_KINDS.join(', ')}`;
    return fail(app.io, { code: 'usage', message: `there is no schema "${kind}"`, advice });
  }
  if (write) return writeAll(app);
  const { schemaOf } = await import('../authoring/schemas.ts');
  if (app.io.json) writeJson(app.io, { kind, schema: schemaOf(kind) });
  else app.io.out(`${JSON.stringify(schemaOf(kind), null, 2)}\n`);
  return 0;
}

async function writeAll(app: App): Promise<number> {
  const { io } = app;
  const project = openProject(app);
  if (!project.ok) return fail(io, project.error);
  const written = await writeSchemas(project.value.root);
  if (!written.ok) return fail(io, written.error);
  if (io.json) writeJson(io, { written: written.value });
  else if (!io.quiet) {
    for (const file of written.value) io.out(`wrote ${file}\n`);
    io.out(
      `\nAn editor finds them by the first line of a file:\n  runbook.yaml   # yaml-language-server: $schema=${SCHEMA_FOLDER}/runbook.json\n  tasks/*.yaml   # yaml-language-server: $schema=../${SCHEMA_FOLDER}/task.json\n`,
    );
  }
  return 0;
}

function isKind(kind: string): kind is SchemaKind {
  return (SCHEMA_KINDS as readonly string[]).includes(kind);
}

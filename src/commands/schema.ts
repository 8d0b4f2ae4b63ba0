// `orchestrate schema`: the JSON Schemas of the files, printed or written into the project.

import { type App, openProject } from '../app.ts';
import type { SchemaKind } from '../authoring/descriptions.ts';
import { SCHEMA_FOLDER, SCHEMA_KINDS, writeSchemas } from '../authoring/schema-files.ts';
import { didYouMean } from '../base/text.ts';
import { writeJson } from '../terminal/io.ts';
import { fail } from './outcome.ts';

/** Not of a file that people write: no editor needs it in the project. */
const EVENTS = 'events';

export async function schema(app: App, { kind, write }: { kind: string; write?: boolean }): Promise<number> {
  if (kind !== EVENTS && !isKind(kind)) {
    const known = [...SCHEMA_KINDS, EVENTS];
    const advice = didYouMean(kind, known) ?? `the kinds are ${known.join(', ')}`;
    return fail(app.io, { code: 'usage', message: `there is no schema "${kind}"`, advice });
  }
  if (write) return writeAll(app);
  const made = await makeSchema(kind);
  if (app.io.json) writeJson(app.io, { kind, schema: made });
  else app.io.out(`${JSON.stringify(made, null, 2)}\n`);
  return 0;
}

async function makeSchema(kind: SchemaKind | typeof EVENTS): Promise<Record<string, unknown>> {
  if (kind === EVENTS) return (await import('../terminal/event-shapes.ts')).eventSchema();
  return (await import('../authoring/schemas.ts')).schemaOf(kind);
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

// The JSON Schemas (draft 2020-12) of the files that people write, made from the shapes that the program itself checks with. Knows
// no folder. Loads zod: to be imported dynamically.

import * as z from 'zod/mini';
import { modelsShape } from '../calls/models-shape.ts';
import { recordingShape } from '../model/recording-shape.ts';
import { detailShape, runbookShape } from '../runbook/schema.ts';
import { frontMatterShape } from '../templates/front-matter.ts';
import { quickiesShape } from '../templates/quickie/shape.ts';
import { DESCRIPTIONS, type Description, type SchemaKind } from './descriptions.ts';

export type JsonSchema = { [key: string]: unknown };

type Source = {
  readonly shape: z.ZodMiniType /** `x-` keys are the person's own, except where the reader of the file knows none. */;
  readonly ownKeys: boolean;
};

const SOURCES: Record<SchemaKind, Source> = {
  runbook: { shape: runbookShape, ownKeys: true },
  task: { shape: detailShape, ownKeys: true },
  template: { shape: frontMatterShape, ownKeys: true },
  recording: { shape: recordingShape, ownKeys: false },
  models: { shape: modelsShape, ownKeys: true },
  quickies: { shape: quickiesShape, ownKeys: true },
};

/** The schema of a file kind, with titles and descriptions for editors. It accepts what the program accepts in the shape of one file. */
export function schemaOf(kind: SchemaKind): JsonSchema {
  const { shape, ownKeys } = SOURCES[kind];
  const schema = z.toJSONSchema(shape, { target: 'draft-2020-12' }) as JsonSchema;
  enrich(schema, '', { notes: DESCRIPTIONS[kind], ownKeys });
  return schema;
}

type Enrichment = { readonly notes: Readonly<Record<string, Description>>; readonly ownKeys: boolean };

/** Walks the schema by the paths of the data that it describes; the branches of a union all describe the same place. */
function enrich(schema: JsonSchema, path: string, how: Enrichment): void {
  describe(schema, how.notes[path]);
  // zod says of every record that its keys are texts. All keys are.
  delete schema.propertyNames;
  const { properties, items, additionalProperties, anyOf } = schema;
  if (isSchema(properties)) {
    if (how.ownKeys) allowOwnKeys(schema);
    for (const [key, value] of Object.entries(properties))
      if (isSchema(value)) enrich(value, path === '' ? key : `${path}.${key}`, how);
  }
  if (isSchema(items)) enrich(items, `${path}[]`, how);
  if (isSchema(additionalProperties)) enrich(additionalProperties, `${path}.*`, how);
  if (Array.isArray(anyOf)) {
    schema.anyOf = flattened(anyOf);
    for (const branch of schema.anyOf as JsonSchema[])
      enrich(branch, path, { ...how, notes: withoutOwn(how.notes, path) });
  }
}

/** The description stands at the union; its branches need not repeat it. */
function withoutOwn(notes: Enrichment['notes'], path: string): Enrichment['notes'] {
  return Object.fromEntries(Object.entries(notes).filter(([key]) => key !== path));
}

function describe(schema: JsonSchema, note: Description | undefined): void {
  if (note === undefined) return;
  const rest = { ...schema };
  for (const key of Object.keys(schema)) delete schema[key];
  // First, so that a person who reads the schema meets them first.
  const { $schema, ...others } = rest;
  Object.assign(
    schema,
    $schema === undefined ? {} : { $schema },
    note.title === undefined ? {} : { title: note.title },
    { description: note.text },
    others,
  );
}

/** Unknown keys are errors, but those that begin with `x-` are the person's own (design.md §2). */
function allowOwnKeys(schema: JsonSchema): void {
  if (schema.additionalProperties === false) schema.patternProperties = { '^x-': {} };
}

function flattened(branches: readonly unknown[]): JsonSchema[] {
  return branches
    .filter(isSchema)
    .flatMap((branch) =>
      Array.isArray(branch.anyOf) && Object.keys(branch).length === 1 ? flattened(branch.anyOf) : [branch],
    );
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

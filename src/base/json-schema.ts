// Checks data against a JSON Schema and says what does not fit. The only import of ajv. Loaded only where a schema is used.

import { Ajv, type ErrorObject } from 'ajv';

/** One sentence a problem, naming the place by JSON pointer; an invalid schema is itself a problem. At most ten. */
export function schemaProblems(schema: unknown, data: unknown): string[] {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema))
    return ['the schema itself is not valid: it must be a mapping'];
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, logger: false });
  try {
    // `$schema` may name a draft that ajv does not load; the keywords in use are the same.
    const { $schema: _draft, ...rest } = schema as Record<string, unknown>;
    const validate = ajv.compile(rest);
    if (validate(data)) return [];
    return (validate.errors ?? []).slice(0, 10).map(wording);
  } catch (error) {
    return [`the schema itself is not valid: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function wording(error: ErrorObject): string {
  const place = error.instancePath === '' ? 'the answer' : error.instancePath;
  const extra =
    error.keyword === 'enum'
      ? `: ${(error.params as { allowedValues: unknown[] }).allowedValues.map((value) => JSON.stringify(value)).join(', ')}`
      : '';
  const key =
    error.keyword === 'additionalProperties'
      ? ` ("${(error.params as { additionalProperty: string }).additionalProperty}")`
      : '';
  return `${place} ${error.message ?? 'does not fit'}${key}${extra}`;
}

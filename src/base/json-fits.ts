// Whether data certainly fits a simple JSON Schema, without the checker, which takes longer to load than a short answer to read. Pure.

type Mapping = Readonly<Record<string, unknown>>;

const KNOWN = new Set(['type', 'description', 'title', 'enum', 'properties', 'required', 'additionalProperties']);

/** False where it does not fit, and where the schema says more than is understood here: then the checker decides. */
export function certainlyFits(schema: unknown, data: unknown): boolean {
  if (!isMapping(schema) || Object.keys(schema).some((key) => !KNOWN.has(key))) return false;
  const { type, enum: choices } = schema;
  if (choices !== undefined && !(Array.isArray(choices) && choices.includes(data))) return false;
  return isOfType(type, data) && propertiesFit(schema, data);
}

function isMapping(value: unknown): value is Mapping {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isOfType(type: unknown, data: unknown): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'number':
      return typeof data === type && (type !== 'number' || Number.isFinite(data));
    case 'integer':
      return Number.isInteger(data);
    case 'array':
      return Array.isArray(data);
    case 'object':
      return isMapping(data);
    default:
      return false;
  }
}

function propertiesFit({ properties, required = [], additionalProperties = true }: Mapping, data: unknown): boolean {
  if (properties === undefined)
    return Array.isArray(required) && required.length === 0 && additionalProperties === true;
  if (
    !isMapping(properties) ||
    !Array.isArray(required) ||
    typeof additionalProperties !== 'boolean' ||
    !isMapping(data)
  )
    return false;
  if (!required.every((name) => typeof name === 'string' && Object.hasOwn(data, name))) return false;
  return Object.entries(data).every(([name, value]) =>
    Object.hasOwn(properties, name) ? certainlyFits(properties[name], value) : additionalProperties,
  );
}

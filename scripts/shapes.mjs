// Compiles the shapes of the files that commands read on every call into plain functions, so that a valid file is checked without
// loading a checker.

import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { schemaOf } from '../src/authoring/schemas.ts';

/** The source of the module that src/runbook/fits.ts stands for. */
export function compileShapes() {
  const code = { source: true, esm: true, optimize: true };
  const ajv = new Ajv2020({ code, strict: false, messages: false, validateFormats: false, inlineRefs: false });
  for (const kind of ['runbook', 'task', 'models', 'quickies']) ajv.addSchema({ ...apart(schemaOf(kind)), $id: kind });
  return standalone.default(ajv, {
    fitsRunbook: 'runbook',
    fitsDetail: 'task',
    fitsModels: 'models',
    fitsQuickies: 'quickies',
  });
}

/** For people: not needed to check. A property may have such a name too; it is no text. */
const NOTES = ['title', 'description'];

/**
 * The same schema with every inner mapping as a definition of its own: one function each, so that Node compiles only the parts that a
 * file uses. In one piece, the compiling alone takes a tenth of a `status`.
 */
function apart(schema) {
  const definitions = {};
  const walk = (node, isRoot) => {
    if (Array.isArray(node)) return node.map((item) => walk(item, false));
    if (node === null || typeof node !== 'object') return node;
    const parts = Object.entries(node).filter(([key, value]) => !(NOTES.includes(key) && typeof value === 'string'));
    const copy = Object.fromEntries(parts.map(([key, value]) => [key, walk(value, false)]));
    if (isRoot || typeof copy.properties !== 'object' || copy.type !== 'object') return copy;
    const name = `part${Object.keys(definitions).length}`;
    definitions[name] = copy;
    return { $ref: `#/$defs/${name}` };
  };
  return { ...walk(schema, true), $defs: definitions };
}

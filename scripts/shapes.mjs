// Compiles the shapes of runbook.yaml and of detail files into plain functions, so that a valid file is checked without loading a checker.

import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { schemaOf } from '../src/authoring/schemas.ts';

/** The source of a module that exports `fitsRunbook` and `fitsDetail`: what src/runbook/fits.ts stands for. */
export function compileShapes() {
  const ajv = new Ajv2020({
    code: { source: true, esm: true },
    strict: false,
    messages: false,
    validateFormats: false,
  });
  for (const kind of ['runbook', 'task']) ajv.addSchema({ ...schemaOf(kind), $id: kind });
  return standalone.default(ajv, { fitsRunbook: 'runbook', fitsDetail: 'task' });
}

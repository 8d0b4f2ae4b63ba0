// The shapes of the files that commands read on every call, so that a valid file is checked without loading a checker and the shapes
// that it is made of.

import { schemaOf } from '../src/authoring/schemas.ts';

/** The source of the module that src/runbook/fits.ts stands for. */
export function shapesModule() {
  const shapes = Object.fromEntries(
    ['runbook', 'task', 'models', 'quickies'].map((kind) => [kind, bare(schemaOf(kind))]),
  );
  return `
    import { certainlyFits } from '../base/json-fits.ts';
    const shapes = JSON.parse(${JSON.stringify(JSON.stringify(shapes))});
    export const fitsRunbook = (data) => certainlyFits(shapes.runbook, data);
    export const fitsDetail = (data) => certainlyFits(shapes.task, data);
    export const fitsModels = (data) => certainlyFits(shapes.models, data);
    export const fitsQuickies = (data) => certainlyFits(shapes.quickies, data);
  `;
}

/** For people: not needed to check. A property may have such a name too; it is no text. */
const NOTES = ['title', 'description'];

function bare(node) {
  if (Array.isArray(node)) return node.map(bare);
  if (node === null || typeof node !== 'object') return node;
  const parts = Object.entries(node).filter(([key, value]) => !(NOTES.includes(key) && typeof value === 'string'));
  return Object.fromEntries(parts.map(([key, value]) => [key, bare(value)]));
}

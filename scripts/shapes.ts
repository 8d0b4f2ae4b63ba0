// The shapes of the files that commands read on every call, so that a valid file is checked without loading a checker and the shapes
// that it is made of.

import { schemaOf } from '../src/authoring/schemas.ts';
import { fitsSource } from './fits-source.ts';

const FUNCTIONS = {
  fitsRunbook: 'runbook',
  fitsDetail: 'task',
  fitsModels: 'models',
  fitsQuickies: 'quickies',
} as const;

/** The source of the module that src/runbook/fits.ts stands for. */
export function shapesModule(): string {
  const functions = Object.entries(FUNCTIONS).map(([name, kind]) => fitsSource(name, bare(schemaOf(kind))));
  return `${functions.join('')}export { ${Object.keys(FUNCTIONS).join(', ')} };`;
}

/** For people: not needed to check. A property may have such a name too; it is no text. */
const NOTES = ['title', 'description'];

function bare(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(bare);
  if (node === null || typeof node !== 'object') return node;
  const parts = Object.entries(node).filter(([key, value]) => !(NOTES.includes(key) && typeof value === 'string'));
  return Object.fromEntries(parts.map(([key, value]) => [key, bare(value)]));
}

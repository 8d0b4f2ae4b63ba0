// Whether data certainly fits its shape. The build puts checks in place of this file that it compiled from the shapes
// (scripts/shapes.ts); run from the sources nothing is certain, and the full check decides.

/** True only when the full check would find nothing. */
export function fitsRunbook(_data: unknown): boolean {
  return false;
}

/** True only when the full check would find nothing. */
export function fitsDetail(_data: unknown): boolean {
  return false;
}

/** True only when the full check would find nothing. */
export function fitsModels(_data: unknown): boolean {
  return false;
}

/** True only when the full check would find nothing. */
export function fitsQuickies(_data: unknown): boolean {
  return false;
}

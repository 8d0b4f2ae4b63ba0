// Text of runbook.yaml or a detail file → typed data, or problems with their YAML paths. Pure but for loading the full parser when
// the plain reader gives up. Does not know other tasks or files.

import { err, ok, type Result } from '../base/result.ts';
import { fitsDetail, fitsRunbook } from './fits.ts';
import { readPlain } from './plain.ts';
import type { Problem, SourceFile } from './problem.ts';
import type { RawDetail, RawRunbook } from './schema.ts';

/** Larger files are refused unread by the parser: no runbook that a person edits comes near it. Bytes. */
export const MAX_YAML_BYTES = 16 * 1024 * 1024;

export async function parseRunbook(source: SourceFile): Promise<Result<RawRunbook, Problem[]>> {
  const data = await readYaml(source);
  if (!data.ok) return data;
  if (isEmpty(data.value)) {
    const advice = 'add a list of tasks under "tasks:"';
    return err([
      { severity: 'error', code: 'empty-runbook', message: 'the runbook is empty', spot: { source, path: [] }, advice },
    ]);
  }
  if (fitsRunbook(data.value)) return ok(data.value as RawRunbook);
  const [{ checkShape }, { runbookShape }] = await Promise.all([import('./shape-check.ts'), import('./schema.ts')]);
  return checkShape<RawRunbook>(source, data.value, runbookShape);
}

/** `undefined` for an empty file: a task not yet written (design.md §2). */
export async function parseDetail(source: SourceFile): Promise<Result<RawDetail | undefined, Problem[]>> {
  const data = await readYaml(source);
  if (!data.ok) return data;
  if (isEmpty(data.value)) return ok(undefined);
  if (fitsDetail(data.value)) return ok(data.value as RawDetail);
  const [{ checkShape }, { detailShape }] = await Promise.all([import('./shape-check.ts'), import('./schema.ts')]);
  return checkShape<RawDetail>(source, data.value, detailShape);
}

/** `parseDetail` without its ifs and buts; undefined where it has to decide. */
export function parseSimpleDetail(text: string): RawDetail | undefined {
  const data = readPlain(text)?.data;
  return data !== undefined && !isEmpty(data) && fitsDetail(data) ? (data as unknown as RawDetail) : undefined;
}

/** The data of one YAML file. */
export async function readYaml(source: SourceFile): Promise<Result<unknown, Problem[]>> {
  const plain = readPlain(source.text);
  if (plain !== undefined) return ok(plain.data);
  const { readFull } = await import('./full.ts');
  const full = readFull(source.text);
  if (full.ok) return full;
  return err(
    full.error.map(({ span, ...rest }) => ({ severity: 'error' as const, ...rest, spot: { source, path: [], span } })),
  );
}

/** Whether some of its values may be shared by an anchor: what the plain reader reads has none. */
export function mayShareValues(text: string): boolean {
  return /[&*][^\s&*]/.test(text) && readPlain(text) === undefined;
}

function isEmpty(data: unknown): boolean {
  return data === null || data === undefined;
}

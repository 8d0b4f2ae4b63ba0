// The `output` column, which is JSON (S000). Pure.

export function textOf(output: string | null): string {
  return output === null ? '' : ((JSON.parse(output) as { text?: string }).text ?? '');
}

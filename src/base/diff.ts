// What differs between two texts, as a unified diff. Pure but for loading `diff`.

/** Without the head that names files; empty where nothing differs. */
export async function unifiedDiff(former: string, content: string): Promise<string> {
  const { createTwoFilesPatch } = await import('diff');
  const patch = createTwoFilesPatch('now', 'new', former, content, undefined, undefined, { context: 3 });
  return patch.split('\n').slice(3).join('\n');
}

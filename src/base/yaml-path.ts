// A place inside a YAML document, by keys and positions. Knows nothing of text.

export type YamlPath = readonly (string | number)[];

/** `tasks[3].depends_on[0]`, as people write it. */
export function formatPath(path: YamlPath): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
  return text;
}

// A place in a YAML document, as people write it.
import { expect, test } from 'vitest';
import { formatPath, type YamlPath } from '../../../src/base/yaml-path.ts';

test.each<[path: YamlPath, text: string]>([
  [[], ''],
  [['name'], 'name'],
  [['tasks', 3, 'depends_on', 0], 'tasks[3].depends_on[0]'],
  [[0, 'a'], '[0].a'],
  [['ai', 'model'], 'ai.model'],
])('%j is %j', (path, text) => {
  expect(formatPath(path)).toBe(text);
});

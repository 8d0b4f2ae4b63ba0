// Projects with one broken task, "bad", which stands first, and a script task "other" that can run.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Project } from '../../rig/project.ts';

type Files = Record<string, string | Uint8Array>;

/** The broken task is called "bad" and stands first. */
export const project = (type: string, entry: string, files: Files): Files => ({
  'runbook.yaml': `tasks:\n  - id: bad\n    name: Bad\n    type: ${type}\n${entry}  - id: other\n    name: Other\n    type: AUTOMATED_SCRIPT\n    task_detail_file: tasks/other.yaml\n`,
  'tasks/other.yaml':
    'id: other\noutput_artifact: outputs/other.txt\nscript_details: {command: printf, args: [done], capture: stdout}\n',
  ...files,
});
export const DETAIL = '    task_detail_file: tasks/bad.yaml\n';
export const script = (detail: string, files: Files = {}) =>
  project('AUTOMATED_SCRIPT', DETAIL, { 'tasks/bad.yaml': `id: bad\n${detail}`, ...files });
export const ai = (detail: string, files: Files = {}) =>
  project('AI_ASSISTED', DETAIL, {
    'tasks/bad.yaml': `id: bad\nai_details:\n  model: m\n  prompt_template: prompt_templates/bad.md\n${detail}`,
    'prompt_templates/bad.md': 'Say {{ word }}.\n',
    ...files,
  });
export const WORD = '  input_context: {word: hello}\n';
export const inside = (from: Project, file: string) => path.join(from.dir, file);
/** Something outside the project that a link could lead to. */
export const outside = async (from: Project, file: string): Promise<string> => {
  const target = path.join(from.home, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, 'id: bad\nscript_details: "true"\n');
  return target;
};

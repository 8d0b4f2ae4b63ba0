// Where the prompt of a quickie template stands: in the YAML, or in a file inside prompt_templates/. Parses nothing.

import path from 'node:path';
import type { Result } from '../../base/result.ts';
import type { Problem } from '../../runbook/problem.ts';
import { exists } from '../../system/files.ts';
import { insideRoot } from '../../system/paths.ts';
import type { FrontMatter } from '../front-matter.ts';
import { type QuickieTemplate, TEMPLATE_FOLDER } from './types.ts';

/** A prompt that was checked against the inputs of its template. */
export type QuickiePrompt = {
  /** The template before substitution, with its partials, and its MD5 (S000). */
  readonly fullText: string;
  readonly hash: string;
  /** Of the file that it stands in, if it has any. */
  readonly front: FrontMatter;
  /** What it uses. */
  readonly variables: readonly string[];
  readonly render: (values: Readonly<Record<string, unknown>>) => Result<string, Problem[]>;
};

/** The file of `@path.md`, as it is written; `@@` is how a text begins with an @. */
export function promptFile({ prompt }: QuickieTemplate): string | undefined {
  return prompt.startsWith('@') && !prompt.startsWith('@@') ? prompt.slice(1).trim() : undefined;
}

export function inlineText({ prompt }: QuickieTemplate): string {
  return prompt.startsWith('@@') ? prompt.slice(1) : prompt;
}

/** Its absolute path; undefined where it leads outside, or there is no such folder. */
export function insidePrompts({ root }: QuickieTemplate, file: string): string | undefined {
  const folder = path.join(root, TEMPLATE_FOLDER);
  if (!exists(folder) || insideRoot(root, TEMPLATE_FOLDER) === undefined) return undefined;
  return insideRoot(folder, file);
}

// A quickie template as the program uses it: one entry of the file with its defaults filled in. Types, and what is told by a name.

import type { SourceFile } from '../../runbook/problem.ts';
import type { Format, InputSchema, OutputSchema } from './shape.ts';

export const TEMPLATE_FOLDER = 'prompt_templates';
export const QUICKIE_FILE = 'config/quickie_templates.yaml';

/** A name that Liquid takes for a variable and a shell for a word. */
const INPUT_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;
const TEMPLATE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

export function isInputName(name: string): boolean {
  return INPUT_NAME.test(name);
}

export function isTemplateName(name: string): boolean {
  return TEMPLATE_NAME.test(name);
}

export type QuickieExample = {
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: string | Readonly<Record<string, unknown>>;
};

export type QuickieTemplate = {
  readonly name: string;
  /** The file that it stands in. */
  readonly source: SourceFile;
  /** `prompt_templates/` lies in it. */
  readonly root: string;
  readonly from: 'project' | 'user';
  readonly description: string;
  /** A model or an alias; undefined is the model of the project or of the user. */
  readonly model: string | undefined;
  /** As it is written: text, or `@path.md`. */
  readonly prompt: string;
  readonly inputs: ReadonlyMap<string, InputSchema>;
  readonly outputs: ReadonlyMap<string, OutputSchema>;
  readonly config: {
    readonly temperature: number;
    readonly maxTokens: number | undefined;
    readonly format: Format;
    readonly stop: readonly string[];
  };
  readonly examples: readonly QuickieExample[];
};

/** What a blob is once its file was read. */
export type Blob = {
  readonly type: 'blob';
  readonly file: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
} & ({ readonly text: string } | { readonly dataUrl: string });

export function isBlob(value: unknown): value is Blob {
  return (
    value !== null && typeof value === 'object' && (value as { type?: unknown }).type === 'blob' && 'sha256' in value
  );
}

/** An input must be given where nothing stands in for it. */
export function isRequired({ required, default: standIn }: InputSchema): boolean {
  return (required ?? true) && (standIn === undefined || standIn === null);
}

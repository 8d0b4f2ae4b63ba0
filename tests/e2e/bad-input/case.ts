// One kind of bad input: the files, and the exact text that a person is shown.
import type { Project } from '../../rig/project.ts';

export type BadInput = {
  readonly name: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Links, owners and other things that are no plain file. */
  readonly prepare?: (project: Project) => Promise<unknown>;
  readonly stderr: string;
};

/** Text as it is, without the indentation that it has here for the sake of the reader. */
export function text(strings: TemplateStringsArray, ...values: readonly string[]): string {
  const whole = String.raw({ raw: strings }, ...values);
  const lines = whole.replace(/^\n/, '').replace(/\n *$/, '\n').split('\n');
  const margin = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin)).join('\n');
}

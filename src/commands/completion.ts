// `orchestrate completion SHELL`, and the words that its scripts ask for. Loads no more of a project than the runbook's text.

import path from 'node:path';
import type { Command } from 'commander';
import { type App, openProject } from '../app.ts';
import { didYouMean } from '../base/text.ts';
import { readText } from '../system/files.ts';
import { RUNBOOK_FILE, userConfigFolder } from '../system/paths.ts';
import { writeJson } from '../terminal/io.ts';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { completionTree, type Node, SHELLS } from './completion/tree.ts';
import { zshScript } from './completion/zsh.ts';
import { fail } from './outcome.ts';

/** What an id may look like: nothing in it means anything to a shell. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

const SCRIPTS: Record<(typeof SHELLS)[number], (tree: Node) => string> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export async function completion(app: App, { shell, program }: { shell: string; program: Command }): Promise<number> {
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined) {
    const advice = didYouMean(shell, SHELLS) ?? `there are scripts for ${SHELLS.join(', ')}`;
    return fail(app.io, { code: 'usage', message: `there is no completion script for "${shell}"`, advice });
  }
  const script = SCRIPTS[known](completionTree(program));
  if (app.io.json) writeJson(app.io, { shell: known, script });
  else app.io.out(script);
  return 0;
}

/** One a line. Asked for at every TAB: it never fails, and where nothing is found it says nothing. */
export async function completeWords(
  app: App,
  { kind, name }: { kind: string; name?: string | undefined },
): Promise<number> {
  const project = openProject(app);
  if (kind === 'quickies' || kind === 'inputs') {
    const words = await quickieWords(
      app,
      project.ok ? project.value.root : undefined,
      kind === 'inputs' ? name : undefined,
    );
    for (const word of words) app.io.out(`${word}\n`);
    return 0;
  }
  if (!project.ok || kind !== 'tasks') return 0;
  const text = readText(path.join(project.value.root, RUNBOOK_FILE));
  if (!text.ok) return 0;
  const { readYaml } = await import('../runbook/parse.ts');
  const data = await readYaml({ file: RUNBOOK_FILE, text: text.value });
  const tasks = data.ok ? (data.value as { tasks?: unknown } | null)?.tasks : undefined;
  const ids = Array.isArray(tasks) ? tasks.map((task: { id?: unknown } | null) => task?.id) : [];
  // The runbook is not checked here: what is no id must not reach the shell.
  for (const id of ids) if (typeof id === 'string' && ID.test(id)) app.io.out(`${id}\n`);
  return 0;
}

/** The names of the templates, or the inputs of the one that is named. Their names hold nothing that means anything to a shell. */
async function quickieWords(app: App, root: string | undefined, template: string | undefined): Promise<string[]> {
  const { loadLibrary, quickiePlaces } = await import('../templates/quickie/library.ts');
  const { entries } = await loadLibrary(quickiePlaces(root, userConfigFolder(app.env)));
  const whole = [...entries].flatMap(([name, entry]) =>
    entry.ok ? [{ name, inputs: [...entry.value.inputs.keys()] }] : [],
  );
  if (template === undefined) return whole.map(({ name }) => name);
  return whole.filter(({ name }) => name === template).flatMap(({ inputs }) => inputs.map((input) => `${input}=`));
}

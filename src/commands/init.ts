// `orchestrate init`: a new project that runs at once, offline.

import path from 'node:path';
import type { App } from '../app.ts';
import { createProject, linesAdded, type NewProject } from '../authoring/new-project.ts';
import { SCHEMA_FOLDER } from '../authoring/schema-files.ts';
import { displayPath } from '../system/paths.ts';
import { writeJson } from '../terminal/io.ts';
import { fail } from './outcome.ts';

export async function init(app: App, { dir }: { dir: string }): Promise<number> {
  const root = path.resolve(app.folder ?? '.', dir);
  const made = await createProject(root);
  if (!made.ok) return fail(app.io, made.error);
  const { created, kept, ignored } = made.value;
  if (app.io.json) writeJson(app.io, { folder: root, created, kept, gitignore_added: ignored });
  else if (!app.io.quiet) app.io.out(draw(app, root, made.value));
  if (!app.io.json && kept.length > 0)
    app.io.err(
      `${app.io.errStyle.warn('note')}: files that were there stay as they are; "orchestrate validate" says whether they fit\n`,
    );
  return 0;
}

function draw({ io: { style } }: App, root: string, { created, kept, ignored }: NewProject): string {
  const here = root === process.cwd();
  const schemas = created.filter((file) => file.startsWith(`${SCHEMA_FOLDER}/`));
  const others = created.filter((file) => !schemas.includes(file));
  const lines = [`${style.good('✓')} a new project in ${here ? 'this folder' : displayPath(root)}`, ''];
  lines.push(...others.map((file) => `  ${file}`));
  if (schemas.length > 0) lines.push(`  ${SCHEMA_FOLDER}/ ${style.dim('(for editors)')}`);
  if (ignored.length > 0) lines.push(`  .gitignore ${style.dim(`(${linesAdded(ignored)})`)}`);
  if (kept.length > 0) lines.push('', 'Kept as they were:', ...kept.map((file) => `  ${file}`));
  const there = here ? '' : ` -C ${shellWord(displayPath(root))}`;
  lines.push('', 'Now:', `  orchestrate${there} status`, `  orchestrate${there} next`);
  return `${lines.join('\n')}\n`;
}

/** A path as it can be typed. */
function shellWord(text: string): string {
  return /^[\w./@+-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

// `orchestrate graph`: the tasks, their states and phases, and what depends on what. Changes nothing in the project but the file of --out.

import path from 'node:path';
import { type App, type Project, readProject } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { createRedactor } from '../../base/secrets.ts';
import { glance } from '../../run/receipts/glance.ts';
import { secretsOf } from '../../run/secrets.ts';
import { withSettled } from '../../run/states.ts';
import { replaceFile } from '../../system/replace.ts';
import { drawDot, drawMermaid, drawTextGraph, edgesOf, type GraphView, phasesOf } from '../../terminal/graph-view.ts';
import { writeJson } from '../../terminal/io.ts';
import { createStyle } from '../../terminal/style.ts';
import { fail } from '../outcome.ts';
import { writableTarget } from '../target.ts';

type Format = 'text' | 'mermaid' | 'dot' | 'svg';

export type GraphOptions = { readonly format?: Format; readonly out?: string };

const BY_EXTENSION: Readonly<Record<string, Format>> = {
  '.svg': 'svg',
  '.dot': 'dot',
  '.gv': 'dot',
  '.mmd': 'mermaid',
  '.mermaid': 'mermaid',
  '.txt': 'text',
};

export async function graph(app: App, options: GraphOptions): Promise<number> {
  const wrong = wrongUse(app, options);
  if (wrong) return fail(app.io, wrong);
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const runbook = withSettled(project.value.runbook);
  const trusts = await glance(project.value.root, runbook, project.value.note);
  const stale = new Set([...trusts].flatMap(([id, { kind }]) => (kind === 'stale' ? [id] : [])));
  const view = { runbook, stale };
  const { out } = options;
  const format = formatOf(options) ?? 'text';
  if (app.io.json) writeJson(app.io, jsonGraph(view));
  else if (out === undefined) app.io.out(await drawn(app, view, { format, toFile: false }));
  else return writeDrawing(app, project.value, { out, view, format });
  return 0;
}

function wrongUse(app: App, options: GraphOptions): Failure | undefined {
  const { format, out } = options;
  if (app.io.json && (format !== undefined || out !== undefined))
    return {
      code: 'usage',
      message: '--json gives a form of its own',
      advice: 'leave out --format and --out, or --json',
    };
  if (out === undefined || formatOf(options) !== undefined) return undefined;
  return {
    code: 'usage',
    message: `--out: nobody can tell from the name which form ${out} is to have`,
    advice: 'end it in .svg, .dot, .mmd or .txt, or add --format',
  };
}

function formatOf({ format, out = '.txt' }: GraphOptions): Format | undefined {
  return format ?? BY_EXTENSION[path.extname(out).toLowerCase()];
}

type Drawing = { readonly out: string; readonly view: GraphView; readonly format: Format };

async function writeDrawing(app: App, { root, environment }: Project, { out, view, format }: Drawing): Promise<number> {
  const target = writableTarget(root, { by: '--out', file: out, what: 'a drawing' }, view.runbook);
  if (!target.ok) return fail(app.io, target.error);
  const redactor = createRedactor(secretsOf(root, environment, view.runbook));
  const written = await replaceFile(target.value, redactor.text(await drawn(app, view, { format, toFile: true })));
  if (!written.ok) return fail(app.io, written.error);
  app.io.err(`Wrote ${out}.\n`);
  return 0;
}

async function drawn(
  app: App,
  view: GraphView,
  { format, toFile }: { format: Format; toFile: boolean },
): Promise<string> {
  switch (format) {
    case 'mermaid':
      return drawMermaid(view);
    case 'dot':
      return drawDot(view);
    case 'svg':
      return (await import('../../terminal/graph-svg.ts')).drawSvg(view);
    case 'text': {
      const plain = createStyle({ isTerminal: false, noColor: true, env: {} });
      return drawTextGraph(view, { style: toFile ? plain : app.io.style, width: toFile ? 100 : app.io.width });
    }
  }
}

function jsonGraph(view: GraphView): Record<string, unknown> {
  const { runbook, stale } = view;
  return {
    ...(runbook.name === undefined ? {} : { name: runbook.name }),
    phases: phasesOf(runbook.tasks).flatMap(({ title, tasks }) =>
      title === undefined ? [] : [{ title, tasks: tasks.map(({ id }) => id) }],
    ),
    nodes: runbook.tasks.map(({ id, name, type, status, phase }) => ({
      id,
      name,
      type,
      status,
      phase: phase ?? null,
      stale: stale.has(id),
    })),
    edges: edgesOf(runbook.tasks).map(({ from, to }) => ({ from: from.id, to: to.id })),
  };
}

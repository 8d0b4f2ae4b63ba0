// `orchestrate quickie list-templates`: what can be run here, and with which inputs. Reads no prompt.

import type { App } from '../../app.ts';
import { oneLine } from '../../base/text.ts';
import { openHome } from '../../home.ts';
import { placeProblems } from '../../runbook/problem.ts';
import type { Library } from '../../templates/quickie/library.ts';
import type { InputSchema } from '../../templates/quickie/shape.ts';
import { isRequired, type QuickieTemplate } from '../../templates/quickie/types.ts';
import { drawDiagnostics } from '../../terminal/diagnostics.ts';
import { type Io, writeJson } from '../../terminal/io.ts';
import { jsonDiagnostic } from '../../terminal/json.ts';
import { wrap } from '../../terminal/wrap.ts';
import { fail } from '../outcome.ts';
import { libraryOf, strayFile } from './open.ts';

export async function listTemplates(app: App): Promise<number> {
  const { io } = app;
  const home = await openHome(app);
  if (!home.ok) return fail(io, home.error);
  const library = await libraryOf(home.value);
  const templates = [...library.entries.values()].flatMap((entry) => (entry.ok ? [entry.value] : []));
  const problems = [...(await placeProblems(problemsOf(library))), ...strayFile(home.value)];
  if (io.json) writeJson(io, { templates: templates.map(jsonTemplate), problems: problems.map(jsonDiagnostic) });
  else {
    io.out(templates.map((template) => draw(template, io)).join('\n'));
    if (problems.length > 0) io.err(drawDiagnostics(problems, io.errStyle));
    else if (templates.length === 0) io.err(`There are no quickie templates. They stand in ${shownPlaces(library)}.\n`);
  }
  return problems.some(({ severity }) => severity === 'error') ? 2 : 0;
}

function problemsOf({ problems, entries }: Library) {
  return [...problems, ...[...entries.values()].flatMap((entry) => (entry.ok ? [] : entry.error))];
}

function shownPlaces({ places }: Library): string {
  return places.map(({ shown }) => shown).join(' and ');
}

function draw(template: QuickieTemplate, { style, width }: Io): string {
  const { name, description, model, inputs, from } = template;
  const note = [model ?? '', from === 'user' ? 'your own' : ''].filter((part) => part !== '').join(', ');
  const head = `${style.bold(name)}${note === '' ? '' : style.dim(` (${oneLine(note)})`)}`;
  const lines = [...inputs].map(([input, schema]) =>
    wrap(`${input}: ${inputWords(schema)}`, { width, indent: '    ', hanging: '  ' }),
  );
  const about = description === '' ? [] : [wrap(oneLine(description), { width, indent: '  ' })];
  return `${[head, ...about, ...lines].join('\n')}\n`;
}

function inputWords(schema: InputSchema): string {
  const { type, description, enum: choices, default: standIn } = schema;
  const facts = [
    type,
    ...(choices === undefined ? [] : [`one of ${choices.map(String).join(', ')}`]),
    ...(isRequired(schema) ? [] : ['optional']),
    ...(standIn === undefined || standIn === null ? [] : [`default ${JSON.stringify(standIn)}`]),
  ];
  return oneLine(`${facts.join(', ')}${description ? `. ${description}` : ''}`);
}

/** The fields of S000's templates. */
function jsonTemplate(template: QuickieTemplate): Record<string, unknown> {
  const { name, description, model, inputs, outputs, config, from, source, examples } = template;
  const inputSchema = [...inputs].map(([input, schema]) => [input, { ...schema, required: isRequired(schema) }]);
  return {
    name,
    description,
    model: model ?? null,
    input_schema: Object.fromEntries(inputSchema),
    output_schema: Object.fromEntries(outputs),
    config: {
      temperature: config.temperature,
      max_tokens: config.maxTokens ?? null,
      format: config.format,
      stop_sequences: config.stop,
    },
    examples: examples.length,
    from,
    file: source.file,
  };
}

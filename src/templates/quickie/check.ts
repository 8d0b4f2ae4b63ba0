// What can be known to be wrong with a quickie template before it is used: its prompt, its examples, its choices. Asks no model.

import type { YamlPath } from '../../base/yaml-path.ts';
import type { Problem } from '../../runbook/problem.ts';
import { rulesOf } from './answer.ts';
import { type Given, readInputs } from './inputs.ts';
import { loadPrompt, unusedInputs } from './prompt.ts';
import type { QuickieTemplate } from './types.ts';

/** Errors keep it from being used; warnings do not. */
export async function checkTemplate(template: QuickieTemplate): Promise<Problem[]> {
  const prompt = await loadPrompt(template);
  const unused = prompt.ok
    ? unusedInputs(template, prompt.value)
        .filter((name) => template.inputs.get(name)?.type !== 'blob')
        .map((name) => unusedInput(template, name))
    : prompt.error;
  return [...unused, ...checkDefaults(template), ...checkFormat(template), ...(await checkExamples(template))];
}

type What = Pick<Problem, 'code' | 'message' | 'advice'> & { readonly severity?: Problem['severity'] };

function at({ source, name }: QuickieTemplate, path: YamlPath, { severity = 'error', ...what }: What): Problem {
  return { severity, ...what, spot: { source, path: ['quickie_templates', name, ...path] } };
}

function unusedInput(template: QuickieTemplate, name: string): Problem {
  const problem = at(template, ['input_schema', name], {
    severity: 'warning',
    code: 'unused-input',
    message: `the input "${name}" is declared, and the prompt does not use it`,
    advice: `use it: {{ ${name} }}, or remove it`,
  });
  return problem.spot === undefined ? problem : { ...problem, spot: { ...problem.spot, key: true } };
}

/** A default is given as a person would give it. */
function checkDefaults(template: QuickieTemplate): Problem[] {
  return [...template.inputs].flatMap(([name, schema]) => {
    if (schema.default === undefined || schema.default === null) return [];
    if (schema.type === 'blob')
      return [
        at(template, ['input_schema', name, 'default'], {
          code: 'wrong-default',
          message: `the input "${name}" is a blob, which can have no default`,
          advice: 'remove it, or make the input a string',
        }),
      ];
    const read = readInputs({ inputs: new Map([[name, schema]]) }, asGiven({ [name]: schema.default }));
    if (read.ok) return [];
    return read.error.map(({ message }) =>
      at(template, ['input_schema', name, 'default'], {
        code: 'wrong-default',
        message: `the default does not fit: ${message}`,
        advice: 'correct it, or the type',
      }),
    );
  });
}

function asGiven(values: Readonly<Record<string, unknown>>): Map<string, Given> {
  return new Map(Object.entries(values).map(([name, value]) => [name, { kind: 'data', value }]));
}

function checkFormat(template: QuickieTemplate): Problem[] {
  const { outputs, config } = template;
  if (config.format === 'json' || outputs.size === 0) return [];
  const [only, second] = [...outputs.values()];
  if (second === undefined && only?.type === 'string') return [];
  return [
    at(template, ['config', 'format'], {
      code: 'wrong-combination',
      message: `an answer in the format "${config.format}" is one text, and output_schema asks for more`,
      advice: 'write "format: json", or keep one output of type string',
    }),
  ];
}

async function checkExamples(template: QuickieTemplate): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, { input, output }] of template.examples.entries()) {
    const read = readInputs(template, asGiven(input));
    if (!read.ok) {
      for (const { message } of read.error)
        problems.push(misfit(template, ['examples', index, 'input'], `example ${index + 1}: ${message}`));
    }
    for (const message of await outputProblems(template, output))
      problems.push(misfit(template, ['examples', index, 'output'], `example ${index + 1}: ${message}`));
  }
  return problems;
}

function misfit(template: QuickieTemplate, path: YamlPath, message: string): Problem {
  return at(template, path, { code: 'wrong-example', message, advice: 'make the example fit the schemas' });
}

async function outputProblems(template: QuickieTemplate, output: unknown): Promise<string[]> {
  const { schema, format } = rulesOf(template);
  if (schema === undefined) return format === 'json' || isOneText(output) ? [] : ['the output must be one text'];
  if (typeof output === 'string')
    return format === 'json' ? ['the output must be a mapping, as output_schema says'] : [];
  const { schemaProblems } = await import('../../base/json-schema.ts');
  return schemaProblems(schema, output).map((problem) => problem.replace(/^the answer\b/, 'the output'));
}

function isOneText(output: unknown): boolean {
  const values = typeof output === 'object' && output !== null ? Object.values(output) : [output];
  return values.length === 1 && typeof values[0] === 'string';
}

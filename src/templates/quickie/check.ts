// What can be known to be wrong with a quickie template before it is used: its prompt, its examples, its choices. Asks no model.

import type { YamlPath } from '../../base/yaml-path.ts';
import type { Problem } from '../../runbook/problem.ts';
import { rulesOf } from './answer.ts';
import { type Given, readInputs } from './inputs.ts';
import { loadPrompt, unusedInputs } from './prompt.ts';
import type { OutputSchema } from './shape.ts';
import type { QuickieTemplate } from './types.ts';

/** Errors keep it from being used; warnings do not. */
export async function checkTemplate(template: QuickieTemplate): Promise<Problem[]> {
  const prompt = await loadPrompt(template);
  // One that is only misspelt there is told as that.
  const meant = (name: string): boolean =>
    !prompt.ok && prompt.error.some(({ advice }) => advice?.includes(`"${name}"`));
  const unused = (await unusedInputs(template, prompt)).filter(
    (name) => template.inputs.get(name)?.type !== 'blob' && !meant(name),
  );
  return [
    ...(prompt.ok ? [] : prompt.error),
    ...unused.map((name) => unusedInput(template, name)),
    ...checkChoices(template),
    ...checkDefaults(template),
    ...checkFormat(template),
    ...(await checkExamples(template)),
  ];
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
  return atKey(problem, true);
}

/** Where the name itself is wrong, not its value. */
function atKey(problem: Problem, key: boolean): Problem {
  return key && problem.spot !== undefined ? { ...problem, spot: { ...problem.spot, key } } : problem;
}

/** A choice that does not fit its type can be neither given nor answered. */
function checkChoices(template: QuickieTemplate): Problem[] {
  const wrong = (key: 'input_schema' | 'output_schema', name: string, index: number): Problem => {
    const schema = (key === 'input_schema' ? template.inputs : template.outputs).get(name);
    return at(template, [key, name, 'enum', index], {
      code: 'wrong-choice',
      message: `the choice ${JSON.stringify(schema?.enum?.[index])} is not of the type "${schema?.type}"`,
      advice: 'correct it, or the type',
    });
  };
  const inputs = [...template.inputs].flatMap(([name, { enum: choices = [], ...schema }]) =>
    choices.flatMap((choice, index) =>
      readInputs({ inputs: new Map([[name, schema]]) }, asGiven({ [name]: choice })).ok
        ? []
        : [wrong('input_schema', name, index)],
    ),
  );
  const outputs = [...template.outputs].flatMap(([name, { type, enum: choices = [] }]) =>
    choices.flatMap((choice, index) => (isOfType(type, choice) ? [] : [wrong('output_schema', name, index)])),
  );
  return [...inputs, ...outputs];
}

function isOfType(type: OutputSchema['type'], choice: unknown): boolean {
  return type === 'integer' ? Number.isInteger(choice) : typeof choice === type;
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
    const inside = (key: 'input' | 'output', name: string | undefined, message: string): Problem => {
      const found = name !== undefined && Object.hasOwn(key === 'input' ? input : Object(output), name);
      const path = ['examples', index, key, ...(found ? [name] : [])];
      return misfit(template, path, `example ${index + 1}: ${message}`);
    };
    const read = readInputs(template, exampleInputs(template, input));
    if (!read.ok)
      for (const { code, input: name, message } of read.error)
        problems.push(atKey(inside('input', name, message), code === 'unknown-input'));
    for (const message of await outputProblems(template, output))
      problems.push(inside('output', /^\/([^/ ]+)/.exec(message)?.[1], message));
  }
  return problems;
}

/** The text of a blob stands in the example itself. */
function exampleInputs({ inputs }: QuickieTemplate, values: Readonly<Record<string, unknown>>): Map<string, Given> {
  const given = asGiven(values);
  for (const [name, value] of Object.entries(values))
    if (inputs.get(name)?.type === 'blob' && typeof value === 'string')
      given.set(name, { kind: 'file', name: 'the example', bytes: Buffer.from(value) });
  return given;
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

// The text of a new detail file and of a new template, with comments for the person who goes on from there. Pure.

import { literal, scalarText } from '../runbook/patch/scalars.ts';
import type { TaskType } from '../runbook/words.ts';
import { TASK_SCHEMA_LINE } from './starter.ts';

export type DetailInput = {
  readonly id: string;
  readonly name: string;
  readonly type: TaskType;
  readonly script?: string;
  readonly template?: string;
  /** Variables of the template that need a value. */
  readonly variables: readonly string[];
  readonly output?: string;
  /** Begin with the line by which editors find the schema. */
  readonly schemaLine: boolean;
};

const EXPECTS = `# What must hold before the task is DONE, for example:
# expects:
#   - file: outputs/report.md
#   - command: ./check.sh
`;

export function detailText(input: DetailInput): string {
  const head = `${input.schemaLine ? `${TASK_SCHEMA_LINE}\n` : ''}${pair('id', input.id)}${pair('name', input.name)}status: PENDING\ntype: ${input.type}\n`;
  const output = input.output === undefined ? '' : `\n${pair('output_artifact', input.output)}`;
  return `${head}\n${workText(input)}${output}\n${EXPECTS}`;
}

function workText({ type, script = '', template = '', variables }: DetailInput): string {
  switch (type) {
    case 'MANUAL':
      return '# Text, or a list of steps.\nmanual_instructions: |\n  Say here what has to be done.\n';
    case 'AUTOMATED_SCRIPT':
      return `# Run by "sh -c" from the project folder. Exit code 0 is success.\n${pair('script_details', script)}`;
    case 'AI_ASSISTED':
      return `ai_details:\n${indented(pair('prompt_template', template))}${indented(inputContext(variables))}  output_parser: text\n  # What the person who reviews the answer should look at:\n  # review_points:\n  #   - Is it right?\n`;
  }
}

/** Left as comments: a value that nobody chose must not be sent. */
function inputContext(variables: readonly string[]): string {
  const names = variables.length === 0 ? ['name'] : variables;
  const what = variables.length === 0 ? 'Values for the template' : 'The template needs these values';
  return `# ${what}: text, a list, {file: PATH} or {output_of: TASK_ID}.\n# input_context:\n${names.map((name) => `#   ${name}:\n`).join('')}`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

/** `key: value` as YAML; several lines as a literal block. */
function pair(key: string, value: string): string {
  const block = literal(value);
  if (block === undefined) return `${key}: ${scalarText(value, { flow: false, prefer: 'plain' })}\n`;
  return `${key}: ${block.header}\n${block.lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`;
}

/** A template that says what it needs, and fits every task. */
export const STARTER_TEMPLATE = `---
description: Say here what this prompt is for.
---
{% comment %} {{ name }} stands for a value of the task's input_context; task and vars are always there. {% endcomment %}
# {{ task.name }}

{{ task.description }}

Say here what the model should write, for whom, and by which rules.
{% if failure %}
Your last answer was not accepted: {{ failure }}

It was:

{{ previous_output }}
{% endif %}
`;

// The built-in prompts of `prompt generate` and `prompt optimize`. A file of the same name in prompt_templates/ takes the place of one.

const FORM = `A prompt template is a text file:

- It may begin with YAML between two lines of three dashes, with these keys and no others: description (one sentence), model, system (who
  the model is and by which rules it works), variables (a mapping of each variable's name to a mapping with type, required, default, enum,
  description), config (temperature, max_tokens). type is one of string, integer, number, boolean, array, object.
- Then follows the text that is sent. Liquid fills it: {% raw %}{{ name }} for a variable, {% if name %} … {% endif %}, {% for item in list %} …
  {% endfor %}.{% endraw %} Every variable that it uses is declared. Names are of letters, digits and _.`;

const ANSWER = 'Answer with the whole file and nothing else: no introduction, no explanation, no code fence around it.';

const SYSTEM =
  'You write prompts for language models. They are plain, specific and complete: they say what is wanted, from what, in which form, and what to do when something is missing. They hold no flattery and no repetition.';

const head = (description: string, variables: string): string => `---
description: ${description}
system: ${JSON.stringify(SYSTEM)}
variables:
${variables}---
`;

export const UTILITY_TEXTS = {
  'generate-prompt': `${head(
    'Writes a prompt template from what somebody needs.',
    '  wish: {description: what the prompt is to do}\n',
  )}Write a prompt template for this need:

<need>
{{ wish }}
</need>

${FORM}

Make a variable of everything that will differ from one use to the next, with a short description; give a default where one is obvious.
Put the lasting rules into system, and what concerns the single use into the text. Say in which form the answer is to be.

${ANSWER}
`,
  'optimize-prompt': `${head(
    'Improves a whole prompt template.',
    '  template: {description: the file as it is}\n  goal: {description: what is to become better, default: ""}\n',
  )}Improve this prompt template. Keep what it is for, keep every variable with its name and type, and keep what is good already.

<template>
{{ template }}
</template>
{% if goal != "" %}
What is to become better:

<goal>
{{ goal }}
</goal>
{% endif %}
${FORM}

Look for: what a reader could take in two ways; what is asked for twice or not at all; the form of the answer, where it is not said; what to
do when an input is empty or does not fit; rules that belong into system.

${ANSWER}
`,
  'optimize-system': `${head(
    'Improves the system prompt of a template, and nothing else of it.',
    '  system: {description: the system prompt as it is; empty where there is none}\n  template: {description: the whole file around it}\n  goal: {description: what is to become better, default: ""}\n',
  )}{% if system == "" %}Write the system prompt that is missing from this prompt template.{% else %}Improve the system prompt of this prompt template.{% endif %} The rest of the template stays as it is.

<template>
{{ template }}
</template>
{% if system != "" %}
<system>
{{ system }}
</system>
{% endif %}{% if goal != "" %}
What is to become better:

<goal>
{{ goal }}
</goal>
{% endif %}
A system prompt says who the model is, by which rules it works, and what it never does. It may use the variables of the template in
{% raw %}{{ }}{% endraw %}, and no others. What concerns the single use belongs into the template's text and not here.

Answer with the system prompt and nothing else: no introduction, no explanation, no code fence around it.
`,
} as const;

export type UtilityName = keyof typeof UTILITY_TEXTS;

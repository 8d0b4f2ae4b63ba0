// The quickie templates that `init` writes, and the texts to try them with. Text only.

import { SCHEMA_FOLDER } from './schema-files.ts';

export const QUICKIES = `# yaml-language-server: $schema=../${SCHEMA_FOLDER}/quickies.json
# Quickies: one question, one answer, recorded. Each can be tried as it stands, offline: recordings/ has the answer to its "Try" line.
#
#   orchestrate quickie list-templates        what there is, and which inputs each takes
#   orchestrate quickie list                  what was asked, with its cost
#
# To ask a real model, set OPENAI_API_KEY and give --provider openai, or change "provider" in runbook.yaml.
# Templates of your own that serve in every folder: quickie_templates.yaml in ~/.config/orchestrate/.

quickie_templates:
  # Try: orchestrate quickie run commit_message < samples/change.diff
  # Use: git commit -m "$(git diff --staged | orchestrate quickie run commit_message)"
  commit_message:
    description: A commit message out of a diff
    model: default:small
    prompt: |
      Write a git commit message for the diff below.

      The first line says what the change does, in the imperative, in at most 72 characters, without a full stop. If the reason is not
      plain from the diff, add an empty line and one or two sentences. No quotes, no Markdown, nothing besides the message.

      {{ diff }}
    input_schema:
      diff: { type: string, description: "the output of git diff --staged" }
    output_schema:
      commit_message: { type: string, description: the whole message }

  # Try: orchestrate quickie run pull_request samples/pull_request.json
  # Use: git diff main... | orchestrate quickie run pull_request
  pull_request:
    description: The text of a pull request out of a diff
    model: default:small
    prompt: |
      Write the text of a pull request for the diff below{% if goal %}; its goal: {{ goal }}{% endif %}.

      Markdown. First one paragraph: what changes for whom, and why. Then a list of the changes that a reviewer should look at. Then, under
      "How to test", the steps. Say nothing that the diff does not show.

      {{ diff }}
    input_schema:
      diff: { type: string, description: "the output of git diff main..." }
      goal: { type: string, required: false, description: what the change is for }
    config: { format: markdown }

  # Try: orchestrate quickie run explain_error < samples/error.txt
  # Use: npm test 2>&1 | orchestrate quickie run explain_error -p error=-
  explain_error:
    description: What an error message means, and what to try
    model: default:small
    prompt: |
      Explain this error to a developer: what happened, in one or two sentences; the likely cause; what to try first, as a command or a
      change where that is possible. If it cannot be told from the message, say what to look at.

      {{ error }}
      {% if code %}
      The code in question:

      {{ code }}
      {% endif %}
    input_schema:
      error: { type: string, description: the message with its stack trace }
      code: { type: blob, required: false, description: the file that is at fault }
    config: { format: markdown, temperature: 0.2 }

  # Try: orchestrate quickie run summarise -p text=@samples/letter.txt -p sentences=2
  summarise:
    description: A text in a few sentences
    model: default:small
    prompt: |
      Summarise the text below in at most {{ sentences }} sentences, in the language that it is written in. Keep names, dates and figures.

      {{ text }}
    input_schema:
      text: { type: string, description: the text }
      sentences: { type: integer, default: 3, description: how many at most }
    config: { format: text, temperature: 0.2 }

  # Try: orchestrate quickie run extract_fields -p text=@samples/letter.txt -p 'fields=["sender", "date", "amount"]'
  extract_fields:
    description: Named values out of a text, as JSON
    model: default:small
    prompt: |
      Take these fields out of the text below: {{ fields | join: ", " }}.

      Give each as it stands in the text; null where the text does not have it. Guess nothing.

      {{ text }}
    input_schema:
      text: { type: string, description: the text }
      fields: { type: array, description: "their names, such as [\\"date\\", \\"amount\\"]" }
    output_schema:
      fields: { type: object, description: field → value }
    config: { temperature: 0 }

  # Try: orchestrate quickie run rename -p name=tmp2 -p code=@samples/code.js
  rename:
    description: A better name for something in a piece of code
    model: default:small
    prompt: |
      The name "{{ name }}" in the code below says too little. Give one better name, in the style of the names around it.

      {{ code }}
    input_schema:
      name: { type: string, description: the name to replace }
      code: { type: string, description: the code that it stands in }
    output_schema:
      name: { type: string, description: the new name alone }

  # Try: orchestrate quickie run regex -p 'wanted=a date such as 2026-01-31, as a whole line'
  regex:
    description: A regular expression out of a description
    model: default:small
    prompt: |
      Write a regular expression ({{ flavour }}) that matches {{ wanted }}. No delimiters, no flags.
    input_schema:
      wanted: { type: string, description: what it must match }
      flavour: { type: string, enum: [JavaScript, PCRE, POSIX extended, Python], default: JavaScript, description: the dialect }
    output_schema:
      pattern: { type: string, description: the expression alone }
    config: { temperature: 0 }
    examples:
      - input: { wanted: "one or more digits", flavour: JavaScript }
        output: { pattern: '\\d+' }

  # Try: orchestrate quickie run changelog_entry -p kind=Fixed < samples/change.diff
  # Use: git log --oneline v1.0..HEAD | orchestrate quickie run changelog_entry -p kind=Added
  changelog_entry:
    description: A line for the changelog, for the people who use the program
    model: default:small
    prompt: |
      Write one line for the section "{{ kind }}" of a changelog about the change below, for people who use the program and never see its
      code. One sentence, beginning with "- ".

      {{ change }}
    input_schema:
      change: { type: string, description: a diff or a list of commits }
      kind: { type: string, enum: [Added, Changed, Fixed, Removed], default: Changed, description: the section }
    config: { format: text }
`;

export const MODELS = `# yaml-language-server: $schema=../${SCHEMA_FOLDER}/models.json
# Short names for models: what a task or a template calls "default:small" is decided here.
aliases:
  "default:small": gpt-4o-mini
`;

const DIFF = `diff --git a/report.js b/report.js
index 4a1f0c2..9d3e7b1 100644
--- a/report.js
+++ b/report.js
@@ -3,6 +3,7 @@ export function average(values) {
   let sum = 0;
   for (const value of values) sum += value;
-  return sum / values.length;
+  // Nothing was measured: there is no average, and 0 / 0 would print NaN.
+  return values.length === 0 ? null : sum / values.length;
 }
`;

const ERROR = `TypeError: Cannot read properties of undefined (reading 'length')
    at average (file:///app/report.js:5:23)
    at file:///app/main.js:12:15
`;

const LETTER = `Harbour Street Bakery
14 March 2026

Dear customer,

thank you for your order of 12 March. The twelve loaves and the two sheets of plum cake are ready from Friday, seven o'clock. The bill
comes to 86.40 euros; please pay it by the end of the month. From April on we deliver, too: within the town, on weekdays before nine.

Kind regards
Mara Lindqvist
`;

const CODE = `export function average(values) {
  let tmp2 = 0;
  for (const value of values) tmp2 += value;
  return tmp2 / values.length;
}
`;

/** Relative path → text. */
export const SAMPLES: Readonly<Record<string, string>> = {
  'samples/change.diff': DIFF,
  'samples/pull_request.json': `${JSON.stringify({ diff: DIFF, goal: 'no NaN in empty reports' }, null, 2)}\n`,
  'samples/error.txt': ERROR,
  'samples/letter.txt': LETTER,
  'samples/code.js': CODE,
};

export type Trial = {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly answer: string;
};

/** What the "Try" lines ask, and an answer to each. */
export const TRIALS: readonly Trial[] = [
  {
    name: 'commit_message',
    values: { diff: DIFF },
    answer: JSON.stringify({
      commit_message:
        'Give no average for an empty report\n\nDividing by the number of values printed NaN where nothing was measured.',
    }),
  },
  {
    name: 'pull_request',
    values: { diff: DIFF, goal: 'no NaN in empty reports' },
    answer: `Reports without a single measurement showed \`NaN\` as their average. They now have no average (\`null\`), so that whoever prints a report
can say so.

- \`average()\` in \`report.js\` gives \`null\` for an empty list. Callers that compute with the result must expect that.

## How to test

1. Make a report of an empty list: its average is \`null\`.
2. Make a report of \`[1, 2, 3]\`: its average is still \`2\`.
`,
  },
  {
    name: 'explain_error',
    values: { error: ERROR },
    answer: `\`average()\` was called with \`undefined\` in place of a list, so there is nothing to take the length of.

**Likely cause:** \`main.js\`, line 12, passes something that is not there: a misspelt property, or a function that returns nothing.

**Try first:** print what is passed there, \`console.log(values)\` in line 4 of \`report.js\`; then mend the caller.
`,
  },
  {
    name: 'summarise',
    values: { text: LETTER, sentences: 2 },
    answer: `The order of 12 March, twelve loaves and two sheets of plum cake, is ready from Friday at seven, and the bill of 86.40 euros is due by
the end of the month. From April on the Harbour Street Bakery also delivers within the town, on weekdays before nine.
`,
  },
  {
    name: 'extract_fields',
    values: { text: LETTER, fields: ['sender', 'date', 'amount'] },
    answer: JSON.stringify({
      fields: { sender: 'Harbour Street Bakery', date: '14 March 2026', amount: '86.40 euros' },
    }),
  },
  { name: 'rename', values: { name: 'tmp2', code: CODE }, answer: JSON.stringify({ name: 'sum' }) },
  {
    name: 'regex',
    values: { wanted: 'a date such as 2026-01-31, as a whole line' },
    answer: JSON.stringify({ pattern: String.raw`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$` }),
  },
  {
    name: 'changelog_entry',
    values: { change: DIFF, kind: 'Fixed' },
    answer: '- A report without any measurement no longer shows "NaN" as its average.\n',
  },
];

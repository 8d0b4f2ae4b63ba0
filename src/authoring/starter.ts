// The project that `init` writes: a script, a model's draft and a person's step that rest on each other. Text only; writes nothing.

import type { ModelRequest } from '../model/provider.ts';
import { recordingFileName } from '../model/recording.ts';
import { scalarText } from '../runbook/patch/scalars.ts';
import { quickieFiles } from './quickie-files.ts';
import { SCHEMA_FOLDER } from './schema-files.ts';
import type { StarterFile } from './starter-file.ts';

export type { StarterFile } from './starter-file.ts';

export const GITIGNORE_LINES = ['.env', '.orchestrate/', 'logs/'] as const;

const MODEL = 'gpt-4o-mini';
const PRODUCT = 'Lantern';
const CHANGES = [
  'Reports can be exported as CSV.',
  'The program starts in half the time.',
  'Dates are shown in the time zone of the reader.',
];
const CHANGES_FILE = CHANGES.map((line) => `- ${line}\n`).join('');

function runbook(name: string): string {
  return `# yaml-language-server: $schema=${SCHEMA_FOLDER}/runbook.json
# (The first line lets an editor check and complete this file. The schemas are not in git: \`orchestrate schema --write\` writes them.)
#
# The runbook: which tasks there are, in which order, and how far each has come. What a task consists of is in its detail file.
#
#   orchestrate status       how things stand
#   orchestrate next         do the next task, then stop
#   orchestrate run          go on until nothing is left that can run
#
# States
#   PENDING   waits for the tasks in depends_on; becomes READY by itself when all of them are DONE
#   READY     can be started; the first READY task in this file is the next one
#   RUNNING   is being worked on
#   DONE      finished, and what its detail file "expects" held
#   ERROR     failed; the reason is under "issues" in its detail file
#   SKIPPED   left out on purpose; what rests on it goes on only with allow_skipped: true
# orchestrate keeps "status" here and in the detail file equal and changes nothing else: comments and layout are yours.
#
# When a task fails
#   1. Read the newest entry under "issues" in its detail file, or: orchestrate show ID
#   2. Mend the cause.
#   3. Change its status from ERROR to READY, here or there, or: orchestrate retry ID --resolution "what I did"
#   4. orchestrate next
#
# To add a task
#   orchestrate add check_links --type AUTOMATED_SCRIPT --script "./check.sh" --depends-on write_announcement
#   or write the entry below and the detail file yourself; orchestrate validate says what is missing.

name: ${scalarText(name, { flow: false, prefer: 'plain' })}

ai:
  # Prompts are answered from recordings/, so that this project runs without a key and without a network. A recording answers only
  # the request that it was made for. To ask a real model: copy .env.example to .env, put your key in, and remove the next line.
  # For a single run: --provider openai, or --provider paste to use any chat window.
  provider: replay
  model: ${MODEL}

tasks:
  - id: collect_changes
    name: Collect the changes
    phase: Draft
    status: READY
    type: AUTOMATED_SCRIPT
    task_detail_file: tasks/collect_changes.yaml

  - id: write_announcement
    name: Write the announcement
    phase: Draft
    status: PENDING
    type: AI_ASSISTED
    depends_on: [collect_changes]
    task_detail_file: tasks/write_announcement.yaml

  - id: publish
    name: Read and publish the announcement
    phase: Publish
    status: PENDING
    type: MANUAL
    depends_on: [write_announcement]
    task_detail_file: tasks/publish.yaml
`;
}

export const TASK_SCHEMA_LINE = `# yaml-language-server: $schema=../${SCHEMA_FOLDER}/task.json`;

const COLLECT_CHANGES = `${TASK_SCHEMA_LINE}
id: collect_changes
name: Collect the changes
status: READY
type: AUTOMATED_SCRIPT
description: Makes a list of what changed out of the notes.

# Run by "sh -c" from the project folder. Exit code 0 is success; the full output is kept in logs/tasks/.
script_details: |
  sed -n 's/^[^#]/- &/p' notes/changes.txt > outputs/changes.md

output_artifact: outputs/changes.md

# What must hold before the task is DONE.
expects:
  - file: outputs/changes.md
`;

const WRITE_ANNOUNCEMENT = `${TASK_SCHEMA_LINE}
id: write_announcement
name: Write the announcement
status: PENDING
type: AI_ASSISTED
description: Drafts the announcement out of the list of changes. You review the draft before it is written to its file.

ai_details:
  prompt_template: prompt_templates/announcement.md
  # Values for the template. {file: PATH} and {output_of: ID} are read when the prompt is sent.
  input_context:
    product: ${PRODUCT}
    changes: { output_of: collect_changes }
  output_parser: text
  review_points:
    - Does it name every change, and nothing that is not in the list?
    - Would you say it like this yourself?

output_artifact: outputs/announcement.md

expects:
  - { file: outputs/announcement.md, matches: '^# ' }
`;

const PUBLISH = `${TASK_SCHEMA_LINE}
id: publish
name: Read and publish the announcement
status: PENDING
type: MANUAL
description: The last look is a person's.

manual_instructions:
  - Read outputs/announcement.md once more.
  - Post it where your readers are. (In this example there are none; just say that it is done.)

# With --yes this step is confirmed unasked. "gate: true" would keep it for a person, always.
gate: false
`;

const SYSTEM = 'You write short, factual announcements for the users of a product.';

const PROMPT = `Write the announcement of a new version of {{ product }}.

These are the changes:

{{ changes }}
Begin with a headline as a Markdown heading of the first level. Then one sentence, then the changes as a list, each in plain words.
Say nothing that is not in the list. No greeting, no closing.
`;

const TEMPLATE = `---
description: An announcement out of a list of changes.
system: ${SYSTEM}
variables:
  product: { type: string, description: the name of the product }
  changes: { type: string, description: "the changes, as a Markdown list" }
---
${PROMPT}{% if failure %}
Your last answer was not accepted: {{ failure }}

It was:

{{ previous_output }}
{% endif %}
`;

const ANSWER = `# ${PRODUCT} starts faster and exports CSV

The new version of ${PRODUCT} brings three changes.

- You can export reports as CSV.
- ${PRODUCT} starts in half the time.
- You see dates in your own time zone.
`;

const NOTES = `# What changed, one line each. A line that begins with # is left out.
${CHANGES.join('\n')}
`;

const ENV_EXAMPLE = `# Copy this file to .env and fill in what you have. Git ignores .env. A variable that is set in your shell wins over it.

# The key for a real model. AI tasks also work without one: with a recording, or with --provider paste and any chat window.
OPENAI_API_KEY=

# Only for another server than api.openai.com that speaks the same protocol, such as http://localhost:11434/v1.
# OPENAI_BASE_URL=
`;

/** The request that write_announcement makes as long as nobody has changed it. */
function firstRequest(): ModelRequest {
  const prompt = PROMPT.replace('{{ product }}', PRODUCT).replace('{{ changes }}', CHANGES_FILE);
  return {
    model: MODEL,
    messages: [
      { role: 'system', content: SYSTEM },
      { role: 'user', content: prompt },
    ],
  };
}

async function recording(): Promise<StarterFile> {
  const { formatRecording } = await import('../model/recording-yaml.ts');
  const request = firstRequest();
  const text = formatRecording({ request, answer: { text: ANSWER, finishReason: 'stop', model: null, usage: null } });
  return {
    file: `recordings/${recordingFileName('write_announcement', request)}`,
    text: `${text}note: An answer made up for this example; no model was asked.\n`,
  };
}

/** Everything but .gitignore and the schemas; runbook.yaml comes last, so that a folder becomes a project when all the rest is there. */
export async function starterFiles(name: string): Promise<StarterFile[]> {
  return [
    { file: '.env.example', text: ENV_EXAMPLE },
    { file: 'notes/changes.txt', text: NOTES },
    { file: 'tasks/collect_changes.yaml', text: COLLECT_CHANGES },
    { file: 'tasks/write_announcement.yaml', text: WRITE_ANNOUNCEMENT },
    { file: 'tasks/publish.yaml', text: PUBLISH },
    { file: 'prompt_templates/announcement.md', text: TEMPLATE },
    await recording(),
    ...(await quickieFiles()),
    { file: 'outputs/.gitkeep', text: '' },
    { file: 'runbook.yaml', text: runbook(name) },
  ];
}

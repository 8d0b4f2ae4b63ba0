// A project that uses all that can break: three kinds of tasks, an artifact, comments, CRLF. Counts from outside what was really done.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ModelServer, startModelServer, streamed } from '../model-server.ts';
import { createProject, type Project } from '../project.ts';

export type Scene = AsyncDisposable & {
  readonly project: Project;
  readonly server: ModelServer;
  /** How often the script of a task was really started. */
  readonly ran: (task: string) => number;
};

export const IDS = ['prepare', 'look', 'draft', 'finish'] as const;

const RUNBOOK = `# The runbook of the crash matrix.\r
ai: {model: test-model}   # answered by a local server\r
tasks:\r
  - id: prepare\r
    name: "Prepare"        # the first\r
    status: 'PENDING'      # keep this comment\r
    type: AUTOMATED_SCRIPT\r
    task_detail_file: tasks/prepare.yaml\r
\r
  - {id: look, name: Look at it, status: PENDING, type: MANUAL, depends_on: [prepare], task_detail_file: tasks/look.yaml}\r
  - id: draft\r
    name: Draft\r
    type: AI_ASSISTED\r
    status: "PENDING"\r
    depends_on: [look]\r
    task_detail_file: tasks/draft.yaml\r
  - id: finish\r
    name: Finish\r
    type: AUTOMATED_SCRIPT\r
    depends_on:\r
    - draft\r
    task_detail_file: tasks/finish.yaml\r
    # the end, without a status\r
`;

function files(outside: string): Record<string, string> {
  return {
    'runbook.yaml': RUNBOOK,
    'tasks/prepare.yaml': `# by hand\nid: prepare\nstatus: PENDING\noutput_artifact: outputs/list.txt\nscript_details:\n  command: sh\n  args: [-c, 'echo x >> ${outside}/prepare; echo listed']\n  capture: stdout\n`,
    'tasks/look.yaml':
      'id: look\nmanual_instructions: Look at the list.\nexpects:\n  - {file: outputs/list.txt}\n# no final newline here',
    'tasks/draft.yaml':
      'id: draft\nstatus: PENDING # yes\noutput_artifact: outputs/draft.md\nexpects: [{file: outputs/draft.md, matches: Draft}]\nai_details:\n  prompt_template: prompt_templates/draft.md\n  auto_accept: true\n',
    'tasks/finish.yaml': `id: finish\nscript_details: echo x >> ${outside}/finish\n`,
    'prompt_templates/draft.md': 'Write it for {{ task.name }}.\n',
  };
}

export async function openScene(): Promise<Scene> {
  const project = await createProject();
  const outside = path.dirname(project.dir);
  for (const [file, text] of Object.entries(files(outside))) await project.write(file, text);
  const server = await startModelServer();
  server.answerWith(() => streamed(['# Dra', 'ft\n\nText.'], { usage: { prompt: 10, completion: 4 } }));
  return {
    project,
    server,
    ran: (task) => countLines(path.join(outside, task)),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

function countLines(file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

export function variablesFor({ server }: Scene): Record<string, string> {
  return { OPENAI_API_KEY: 'sk-test-0123456789', OPENAI_BASE_URL: server.url };
}

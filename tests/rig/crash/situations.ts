// Single commands to be cut off, each in a project made ready for it. A project is prepared once and copied for every cell.
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { createProject, type Project } from '../project.ts';

export type Situation = {
  readonly name: string;
  /** Commands that lead there, with the exit codes that they have. */
  readonly before: readonly (readonly [code: number, ...args: string[]])[];
  /** What a person does to the files after that. */
  readonly byHand?: (project: Project) => Promise<void>;
  /** The command that is cut off, and its exit code when it is not. */
  readonly code: number;
  readonly args: readonly string[];
  /** It starts a script, which a crash leaves as INTERRUPTED. */
  readonly mayBeCutOff?: boolean;
};

/** Works on a task of its own that waits for a person: it takes the lock and puts things in order, and changes no other task. */
export const NEUTRAL = ['run', '--only', 'apart', '--no-input'] as const;
export const NEUTRAL_CODE = 3;

const RUNBOOK = `# The runbook of the single commands.
tasks:
  - id: ask            # waits for nobody
    name: "Ask"
    status: 'PENDING'  # keep this comment
    type: MANUAL
    task_detail_file: tasks/ask.yaml
  - {id: tell, name: Tell, type: MANUAL, depends_on: [ask], task_detail_file: tasks/tell.yaml}
  - id: build
    name: Build
    status: PENDING
    type: AUTOMATED_SCRIPT
    task_detail_file: tasks/build.yaml

  - {id: apart, name: Apart, type: MANUAL, status: PENDING} # for the start after the crash
`;

const FILES = {
  'runbook.yaml': RUNBOOK,
  'tasks/ask.yaml': '# by hand\r\nid: ask\r\nstatus: PENDING   # both files\r\nmanual_instructions: Ask.\r\n',
  'tasks/tell.yaml': 'id: tell\nstatus: PENDING\nmanual_instructions: >-\n  Tell\n  them.\n# no final newline here',
  'tasks/build.yaml': 'id: build\nstatus: "PENDING"\nscript_details: test -e ready\n',
};

const FAILED = [1, 'run', '--only', 'build', '--no-input'] as const;

export const SITUATIONS: readonly Situation[] = [
  { name: 'the first command of a project', before: [], code: NEUTRAL_CODE, args: NEUTRAL },
  { name: 'done', before: [[3, ...NEUTRAL]], code: 0, args: ['done', 'ask', '--note', 'by word of mouth'] },
  { name: 'skip --unblock', before: [[3, ...NEUTRAL]], code: 0, args: ['skip', 'ask', '--unblock'] },
  {
    name: 'a script that fails',
    before: [[3, ...NEUTRAL]],
    code: 1,
    args: ['run', '--only', 'build', '--no-input'],
    mayBeCutOff: true,
  },
  { name: 'retry', before: [FAILED], code: 0, args: ['retry', 'build', '--resolution', 'made ready'] },
  { name: 'reset --all', before: [[0, 'done', 'ask'], FAILED], code: 0, args: ['reset', '--all'] },
  { name: 'undo', before: [[0, 'done', 'ask']], code: 0, args: ['undo'] },
  {
    name: 'a hand edit, then a command',
    before: [[3, ...NEUTRAL]],
    byHand: async (project) => {
      const text = await project.read('tasks/ask.yaml');
      await project.write('tasks/ask.yaml', text.replace('status: READY', 'status: DONE'));
    },
    code: NEUTRAL_CODE,
    args: NEUTRAL,
  },
];

/** The project as it is when the command is to be cut off. */
export async function prepare({ before, byHand }: Situation): Promise<Project> {
  const project = await createProject(FILES);
  for (const [code, ...args] of before) {
    const result = await project.run(args);
    if (result.code !== code) throw new Error(`"${args.join(' ')}" ended with ${result.code}: ${result.stderr}`);
  }
  await byHand?.(project);
  return project;
}

export async function copyOf(prepared: Project): Promise<Project> {
  const project = await createProject();
  await cp(prepared.dir, path.resolve(project.dir), { recursive: true, preserveTimestamps: true });
  return project;
}

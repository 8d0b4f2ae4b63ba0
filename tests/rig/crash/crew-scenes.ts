// Projects whose tasks are at work at the same time (`run -j 8`), each made so that one promise could break. Every script writes down outside
// the project when it begins and how it ends. Knows no fault.
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ModelServer, startModelServer, streamed } from '../model-server.ts';
import { createProject, type Project } from '../project.ts';

export type CrewTask = {
  readonly id: string;
  readonly type?: 'MANUAL' | 'AI_ASSISTED';
  readonly dependsOn?: readonly string[];
  /** How long its script lasts. */
  readonly ms?: number;
  readonly resources?: Readonly<Record<string, number>>;
  readonly exclusive?: boolean;
  /** What its script does besides, as a line of shell: `$OUT` is the folder outside, the exit code is `code`. */
  readonly line?: string;
};

export type CrewScene = {
  readonly name: string;
  readonly tasks: readonly CrewTask[];
  readonly resources?: Readonly<Record<string, number>>;
  /** Somebody sits at a terminal and says yes to everything. */
  readonly person?: true;
  readonly args: readonly string[];
  /** Exit codes that an undisturbed run may have. */
  readonly code: number;
};

export const JOBS = 8;
const RUN = ['run', '-j', String(JOBS)];

const FAILS_ONCE = '[ -e $OUT/failed ] || { : > $OUT/failed; code=3; }';
/** As somebody who saves a remark while others run; `edited` is written when it is saved. */
const EDITS = (file: string) =>
  `echo "# by hand, $ORCHESTRATE_TASK_ID" >> ${file}; echo "edited $ORCHESTRATE_TASK_ID $$ ${file}" >> $OUT/stamps`;

export const CREW_SCENES: readonly CrewScene[] = [
  {
    name: 'diamonds, resources, one alone',
    args: RUN,
    code: 0,
    resources: { gpu: 2 },
    tasks: [
      { id: 'top' },
      { id: 'left', dependsOn: ['top'], ms: 30 },
      { id: 'right', dependsOn: ['top'] },
      { id: 'bottom', dependsOn: ['left', 'right'] },
      { id: 'gpu.both', ms: 20, resources: { gpu: 2 } },
      { id: 'gpu.1', ms: 30, resources: { gpu: 1 } },
      { id: 'gpu.2', ms: 10, resources: { gpu: 1, db: 1 } },
      { id: 'db', ms: 20, resources: { db: 1 } },
      { id: 'alone', ms: 10, exclusive: true },
      { id: 'last', dependsOn: ['alone', 'bottom'] },
    ],
  },
  {
    name: 'a failure among siblings',
    args: RUN,
    code: 1,
    tasks: [
      { id: 'long', ms: 120 },
      { id: 'fails', ms: 20, line: FAILS_ONCE },
      { id: 'beside', ms: 40 },
      { id: 'after', dependsOn: ['beside'] },
      { id: 'rests', dependsOn: ['fails', 'long'] },
    ],
  },
  {
    name: 'a failure that others go on after',
    args: [...RUN, '--keep-going'],
    code: 1,
    tasks: [
      { id: 'fails', line: FAILS_ONCE },
      { id: 'beside', ms: 40 },
      { id: 'after', dependsOn: ['beside'] },
      { id: 'rests', dependsOn: ['fails', 'beside'] },
    ],
  },
  {
    name: 'edits by hand while they run',
    args: RUN,
    code: 0,
    tasks: [
      { id: 'a', ms: 30, line: EDITS('runbook.yaml') },
      { id: 'b', ms: 10 },
      { id: 'c', ms: 20, line: EDITS('tasks/c.yaml') },
      { id: 'd', ms: 20, line: `${EDITS('tasks/kept.yaml')}; sed -i s/READY/SKIPPED/ tasks/kept.yaml` },
      { id: 'kept', dependsOn: [], type: 'MANUAL' },
      { id: 'e', dependsOn: ['a', 'b'] },
      { id: 'f', dependsOn: ['d'] },
    ],
  },
  {
    name: 'a manual step and a review while scripts go on',
    args: RUN,
    code: 0,
    person: true,
    tasks: [
      { id: 'step', type: 'MANUAL' },
      { id: 'draft', type: 'AI_ASSISTED' },
      { id: 'a', ms: 250 },
      { id: 'b', ms: 40 },
      { id: 'c', dependsOn: ['b'], ms: 100 },
      { id: 'd', dependsOn: ['step', 'c'] },
      { id: 'e', dependsOn: ['draft', 'a'] },
    ],
  },
];

export type CrewStage = AsyncDisposable & {
  readonly scene: CrewScene;
  readonly project: Project;
  readonly server: ModelServer;
  /** Outside the project: `stamps` is there, a line for each begin, end and edit in their order. */
  readonly outside: string;
};

const SCRIPT = `#!/bin/sh
# What every task runs: from when to when, and how it ended.
OUT=$(dirname "$0") code=0
echo "begin $ORCHESTRATE_TASK_ID $$" >> $OUT/stamps
echo "$ORCHESTRATE_TASK_ID says so"
sleep $1
eval "$2"
echo "end $ORCHESTRATE_TASK_ID $$ $code" >> $OUT/stamps
exit $code
`;

export async function openCrewStage(scene: CrewScene): Promise<CrewStage> {
  const project = await createProject();
  const outside = path.dirname(project.dir);
  const script = path.join(outside, 'work');
  writeFileSync(script, SCRIPT);
  chmodSync(script, 0o755);
  for (const [file, text] of Object.entries(filesOf(scene, script))) await project.write(file, text);
  const server = await startModelServer();
  server.answerWith(() => streamed(['A dra', 'ft.'], { delayMs: 20 }));
  return {
    scene,
    project,
    server,
    outside,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

/** The texts as they are before anything runs. */
export function filesOf({ tasks, resources }: CrewScene, script: string): Record<string, string> {
  const head = `# Several at once.\nai: {model: test-model}\n${resources ? `resources: ${JSON.stringify(resources)}\n` : ''}tasks:\n`;
  return {
    'runbook.yaml': head + tasks.map(entryText).join(''),
    'prompt_templates/draft.md': 'Write it.\n',
    ...Object.fromEntries(tasks.map((task) => [`tasks/${task.id}.yaml`, detailText(task, script)])),
  };
}

function entryText({ id, type, dependsOn = [], resources, exclusive }: CrewTask): string {
  return [
    `  - id: ${id}   # the entry of ${id}`,
    `    name: "Task ${id}"`,
    `    type: ${type ?? 'AUTOMATED_SCRIPT'}`,
    `    task_detail_file: tasks/${id}.yaml`,
    ...(dependsOn.length > 0 ? [`    depends_on: [${dependsOn.join(', ')}]`] : []),
    ...(resources ? [`    resources: ${JSON.stringify(resources)}`] : []),
    ...(exclusive ? ['    exclusive: true'] : []),
    '',
  ].join('\n');
}

function detailText({ id, type, ms = 0, line = '' }: CrewTask, script: string): string {
  const head = `# by hand: ${id}\nid: ${id}\n`;
  if (type === 'MANUAL') return `${head}status: PENDING\nmanual_instructions: Do ${id}.\n`;
  if (type === 'AI_ASSISTED')
    return `${head}output_artifact: outputs/${id}.md\nai_details: {prompt_template: prompt_templates/draft.md}\n`;
  return `${head}script_details:\n  command: ${script}\n  args: ['${ms / 1000}', ${JSON.stringify(line)}]\n`;
}

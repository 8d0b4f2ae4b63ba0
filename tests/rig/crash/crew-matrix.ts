// One cell of the crash matrix of `run -j 8`: a scene under one fault, then somebody who starts again and retries what was cut off, until all
// is done; and what must hold after every command. Knows no test runner.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { Variables } from '../environment.ts';
import type { RunResult } from '../running.ts';
import { type CrewScene, type CrewStage, filesOf, JOBS, openCrewStage } from './crew-scenes.ts';
import { begins, judgeLog, judgeStamps, judgeStates, type Plan, type Stamp, stampsOf } from './crew-witness.ts';
import { saneEnd } from './ends.ts';
import { inspect } from './invariants.ts';
import { type Fault, faultVariables, type Operation, readTrace } from './shim.ts';

const NONE: Fault = { at: 0, action: 'kill' };

/** What somebody types at the questions that may be open. */
const ANSWERS: readonly (readonly [question: string, answer: string])[] = [
  ['Is it done?', 'y'],
  ['Accept it?', 'y'],
  ['What now?', 'r'],
];
const MOST_ANSWERS = 6;

/** The operations of a run that nobody disturbs. Which of two tasks comes first differs from run to run. */
export async function rehearseCrew(scene: CrewScene): Promise<readonly Operation[]> {
  await using stage = await openCrewStage(scene);
  const trace = path.join(stage.project.home, 'trace');
  const { code, stderr } = await start(stage, faultVariables(stage.project.dir, NONE, trace));
  if (code !== scene.code) throw new Error(`${scene.name} itself ended with ${code}: ${stderr}`);
  const violations = await look(stage, { undisturbed: true });
  violations.push(...(await startAgain(stage)));
  if (violations.length > 0) throw new Error(`it holds not even without a fault: ${violations.join('; ')}`);
  return readTrace(trace);
}

/** `killedAfter`: killed from outside, milliseconds after its start, instead of at an operation. */
export async function tryCrew(scene: CrewScene, fault: Fault, killedAfter?: number): Promise<string[]> {
  await using stage = await openCrewStage(scene);
  const variables = killedAfter === undefined ? faultVariables(stage.project.dir, fault) : {};
  const first = await start(stage, variables, killedAfter);
  const violations = saneEnd(fault, first);
  await survivorsGone(stage);
  const finished = await recordedDone(stage);
  violations.push(...(await startAgain(stage)));
  const after = begins(stampsIn(stage));
  for (const [id, times] of finished)
    if ((after.get(id) ?? 0) > times) violations.push(`${id} was recorded as DONE, and was run again`);
  return violations;
}

/** One start of the run, at a terminal where the scene has a person. */
async function start(stage: CrewStage, variables: Variables = {}, killedAfter?: number): Promise<RunResult> {
  appendFileSync(path.join(stage.outside, 'stamps'), 'start\n');
  const { project, server, scene } = stage;
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test-0123456789', ...variables };
  if (scene.person) return atTerminal(stage, env, killedAfter);
  const running = project.start(scene.args, { env });
  const timer = killedAfter === undefined ? undefined : setTimeout(() => running.kill('SIGKILL'), killedAfter);
  const late = sleep(30_000, undefined, { ref: false }).then(() => running.kill('SIGKILL'));
  const result = await Promise.race([running.done, late.then(() => running.done)]);
  clearTimeout(timer);
  return result;
}

/** Somebody who says yes to every question, and goes away when that does not help. */
async function atTerminal({ project, scene }: CrewStage, env: Variables, killedAfter?: number): Promise<RunResult> {
  await using terminal = await project.terminal(scene.args, { env });
  const timer = killedAfter === undefined ? undefined : setTimeout(() => terminal.kill('SIGKILL'), killedAfter);
  const late = setTimeout(() => terminal.kill('SIGKILL'), 30_000);
  const state = { ended: false };
  const exit = terminal.exit.finally(() => {
    state.ended = true;
  });
  let answers = 0;
  /** When the open question was answered: one that is still there long after is asked again. */
  let answeredAt: number | undefined;
  while (!state.ended) {
    const last = terminal.screen().trimEnd().split('\n').at(-1) ?? '';
    const open = ANSWERS.find(([question]) => last === `? ${question}`);
    if (open && (answeredAt === undefined || performance.now() - answeredAt > 300)) {
      answeredAt = performance.now();
      answers += 1;
      terminal.type(answers > MOST_ANSWERS ? 'q\r' : `${open[1]}\r`);
    }
    if (!open) answeredAt = undefined;
    await Promise.race([exit, sleep(10)]);
  }
  const { code, signal } = await exit;
  for (const each of [timer, late]) clearTimeout(each);
  return { code, signal, stdout: '', stderr: terminal.text() };
}

/** Runs again, retrying what was cut off or failed, until all is done; looks after every command. */
async function startAgain(stage: CrewStage): Promise<string[]> {
  const violations: string[] = [];
  for (let tries = 1; tries <= 12; tries += 1) {
    const { code, signal, stderr } = await start(stage);
    const found = await look(stage, { undisturbed: true });
    violations.push(...found.map((text) => `${text} (after start ${tries})`));
    if (code === 0) return [...violations, ...(await lookAtEnd(stage))];
    if (code !== 1 && !(code === 3 && tries === 1))
      return [...violations, `the next start ended with ${code ?? signal}: ${stderr.slice(-600)}`];
    for (const id of await failedTasks(stage)) {
      const retried = await stage.project.run(['retry', id]);
      if (retried.code !== 0) return [...violations, `retry ended with ${retried.code}: ${retried.stderr}`];
    }
  }
  return [...violations, 'it does not come to an end'];
}

async function look(stage: CrewStage, how: { undisturbed: boolean }): Promise<string[]> {
  const { violations, statuses } = await inspect(stage.project);
  const stamps = stampsIn(stage);
  return [
    ...violations,
    ...judgeStates(stamps, statuses, how),
    ...judgeStamps(stamps, planOf(stage.scene)),
    ...judgeLog(await stage.project.log(), planOf(stage.scene)),
    ...(await handEditsStay(stage, stamps)),
  ];
}

async function lookAtEnd(stage: CrewStage): Promise<string[]> {
  const { scene, project } = stage;
  const found: string[] = [];
  const { statuses } = await inspect(project);
  const log = await project.log();
  const counts = begins(stampsIn(stage));
  for (const { id, type } of scene.tasks) {
    const expected = id === 'kept' ? 'SKIPPED' : 'DONE';
    if (statuses[id] !== expected) found.push(`${id} is ${statuses[id]} at the end`);
    if (type !== undefined) continue;
    const failures = log.filter(
      ({ task_id, event_type }) => task_id === id && /^(ERROR_TASK|TASK_INTERRUPTED)$/.test(event_type),
    ).length;
    const times = counts.get(id) ?? 0;
    if (times < 1 || times > 1 + failures)
      found.push(`the script of ${id} was begun ${times} times, ended ${failures}`);
  }
  return [...found, ...(await linesStay(stage))];
}

/** What scripts have written into the files as a person would, and every line that stood there before. */
async function handEditsStay({ project }: CrewStage, stamps: readonly Stamp[]): Promise<string[]> {
  const found: string[] = [];
  for (const { id, rest: file } of stamps.filter(({ kind }) => kind === 'edited')) {
    const wanted = stamps.filter((stamp) => stamp.kind === 'edited' && stamp.id === id).length;
    const there = (await project.read(file)).split(`# by hand, ${id}\n`).length - 1;
    if (there < wanted) found.push(`of ${wanted} remarks of ${id} in ${file} there are ${there}`);
  }
  return [...new Set(found)];
}

async function linesStay({ project, scene, outside }: CrewStage): Promise<string[]> {
  const found: string[] = [];
  for (const [file, text] of Object.entries(filesOf(scene, path.join(outside, 'work')))) {
    const now = (await project.read(file)).split('\n');
    for (const line of text.split('\n'))
      if (!line.startsWith('status:') && !now.includes(line)) found.push(`${file} has lost "${line}"`);
  }
  return found;
}

/** What stands as DONE in the files or the log when the program is gone, and how often it was begun. */
async function recordedDone(stage: CrewStage): Promise<Map<string, number>> {
  const { project } = stage;
  const text = (await project.exists('logs/run_log.jsonl')) ? await project.read('logs/run_log.jsonl') : '';
  const lines = text.split('\n').slice(0, -1);
  const { tasks } = parse(await project.read('runbook.yaml')) as { tasks: { id: string; status?: string }[] };
  const counts = begins(stampsIn(stage));
  const done = tasks.filter(
    ({ id, status }) =>
      status === 'DONE' || lines.some((line) => line.includes('"COMPLETE_TASK"') && line.includes(`"task_id":"${id}"`)),
  );
  return new Map(done.map(({ id }) => [id, counts.get(id) ?? 0]));
}

async function failedTasks({ project }: CrewStage): Promise<string[]> {
  const { statuses } = await inspect(project);
  return Object.keys(statuses).filter((id) => statuses[id] === 'ERROR');
}

/** Scripts outlive a program that is killed (docs/reliability.md); these end by themselves. */
async function survivorsGone({ project, outside }: CrewStage): Promise<void> {
  const script = path.join(outside, 'work');
  for (let tries = 0; tries < 200; tries += 1) {
    if (!project.processes().some(({ command }) => command.includes(script))) return;
    await sleep(10);
  }
}

function stampsIn({ outside }: CrewStage): Stamp[] {
  const file = path.join(outside, 'stamps');
  return existsSync(file) ? stampsOf(readFileSync(file, 'utf8')) : [];
}

function planOf({ tasks, resources = {}, args }: CrewScene): Plan {
  // A held or waiting step has no script, and says nothing of its end.
  const scripts = new Set(tasks.filter(({ type }) => type === undefined).map(({ id }) => id));
  return {
    jobs: JOBS,
    resources,
    keepGoing: args.includes('--keep-going'),
    tasks: tasks
      .filter(({ id }) => scripts.has(id))
      .map((task) => ({ ...task, dependsOn: (task.dependsOn ?? []).filter((on) => scripts.has(on)) })),
  };
}

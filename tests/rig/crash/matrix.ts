// One cell of the crash matrix: the scenario under one fault, then a person who starts again, then what must hold. Knows no test runner.
import path from 'node:path';
import type { RunResult } from '../running.ts';
import { saneEnd } from './ends.ts';
import { calls, inspect, interruptions } from './invariants.ts';
import { IDS, openScene, type Scene, variablesFor } from './scenario.ts';
import { type Fault, faultVariables, type Operation, readTrace } from './shim.ts';

export type Cell = { readonly fault: Fault; readonly violations: readonly string[]; readonly hit: boolean };

const RUN = ['run', '--yes'];
/** A start that puts things in order and then has nothing to do but wait for a person. */
const RECOVER = ['run', '--only', 'look', '--no-input'];
const SCRIPTS = ['prepare', 'finish'] as const;

/** The operations of a complete run without a fault, and what the files hold after it. */
export async function rehearse(): Promise<{
  operations: readonly Operation[];
  files: Readonly<Record<string, string>>;
}> {
  await using scene = await openScene();
  const trace = path.join(scene.project.home, 'trace');
  const env = { ...variablesFor(scene), ...faultVariables(scene.project.dir, { at: 0, action: 'kill' }, trace) };
  const { code, stderr } = await scene.project.run(RUN, { env });
  if (code !== 0) throw new Error(`the scenario itself fails (${code}): ${stderr}`);
  const { violations } = await inspect(scene.project);
  if (violations.length > 0) throw new Error(`it holds not even without a fault: ${violations.join('; ')}`);
  return { operations: readTrace(trace), files: await handWritten(scene) };
}

/** The operations of the start after a run that was killed. */
export async function rehearseRecovery(killedAt: number): Promise<readonly Operation[]> {
  await using scene = await openScene();
  await underFault(scene, RUN, { at: killedAt, action: 'kill' });
  const trace = path.join(scene.project.home, 'trace');
  await underFault(scene, RECOVER, { at: 0, action: 'kill' }, trace);
  return readTrace(trace);
}

function underFault(scene: Scene, args: readonly string[], fault: Fault, trace?: string): Promise<RunResult> {
  const env = { ...variablesFor(scene), ...faultVariables(scene.project.dir, fault, trace) };
  return scene.project.run(args, { env });
}

/** With `again`, the start after the first fault is hit by that one: putting in order is cut off in its turn. */
export async function tryFault(fault: Fault, expected: Readonly<Record<string, string>>, again?: Fault): Promise<Cell> {
  await using scene = await openScene();
  const first = await underFault(scene, RUN, fault);
  const second = again && (await underFault(scene, RECOVER, again));
  const before = { calls: calls(scene.project), requests: scene.server.requests.length };
  const finished = await finishedScripts(scene);
  const violations = [...saneEnd(fault, first), ...(again && second ? saneEnd(again, second) : [])];
  violations.push(...(await startAgain(scene)));
  const after = await handWritten(scene);
  for (const file of Object.keys({ ...expected, ...after }))
    if (after[file] !== expected[file]) violations.push(`${file} is not as it is after a run without a fault`);
  for (const { id, times } of finished)
    if (scene.ran(id) > times) violations.push(`the script of ${id} was logged as finished, and was run again`);
  violations.push(...(await doneOnce(scene)));
  if (before.calls.complete > 0 && scene.server.requests.length > before.requests)
    violations.push('a model call that was complete was made again');
  const { all } = calls(scene.project);
  if (scene.server.requests.length > all) violations.push('the server answered a call that the history does not know');
  return { fault, violations, hit: first.signal === 'SIGKILL' || first.code !== 0 };
}

/** Runs again, retrying what was cut off, until all is done; looks after every command. */
async function startAgain(scene: Scene): Promise<string[]> {
  const { project } = scene;
  const env = variablesFor(scene);
  const violations: string[] = [];
  for (let tries = 0; tries < 8; tries += 1) {
    const { code, stderr } = await project.run(RUN, { env });
    const { violations: found, statuses } = await inspect(project);
    violations.push(...found.map((text) => `${text} (after start ${tries + 1})`));
    if (code === 0) return violations;
    const failed = IDS.find((id) => statuses[id] === 'ERROR');
    if (code !== 1 || failed === undefined)
      return [...violations, `the next start ended with ${code}: ${stderr.slice(-600)}`];
    const retried = await project.run(['retry', failed], { env });
    if (retried.code !== 0) return [...violations, `retry ended with ${retried.code}: ${retried.stderr}`];
  }
  return [...violations, 'it does not come to an end'];
}

/** A script is started once, and once more for each time that it was cut off. */
async function doneOnce({ project, ran }: Scene): Promise<string[]> {
  const found: string[] = [];
  for (const id of SCRIPTS) {
    const [times, cut] = [ran(id), await interruptions(project, id)];
    const failed = (await project.log()).filter(
      ({ task_id, event_type }) => task_id === id && event_type === 'ERROR_TASK',
    ).length;
    if (times < 1 || times > 1 + cut + failed)
      found.push(`the script of ${id} was started ${times} times, cut off ${cut}`);
  }
  return found;
}

/** Scripts whose end stands in the log when the program is gone, and how often they were run. A torn last line says nothing. */
async function finishedScripts({ project, ran }: Scene): Promise<{ id: string; times: number }[]> {
  const text = (await project.exists('logs/run_log.jsonl')) ? await project.read('logs/run_log.jsonl') : '';
  const lines = text.split('\n').slice(0, -1);
  return SCRIPTS.filter((id) =>
    lines.some((line) => line.includes('"COMPLETE_TASK"') && line.includes(`"task_id":"${id}"`)),
  ).map((id) => ({ id, times: ran(id) }));
}

/** What people read: the files without what the program writes at their ends, the artifacts, and the names of all others. */
async function handWritten({ project }: Scene): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await project.list()) {
    if (name.startsWith('logs/tasks/')) continue; // one more for every time that a script was cut off
    const text = /^(outputs\/|tasks\/|prompt_templates\/|runbook)/.test(name) ? await project.read(name) : '';
    found[name] = text
      .replaceAll(path.dirname(project.dir), '…')
      .replace(/^(last_run|issues):\n(?:[ -].*\n?|\n)*/gm, '');
  }
  return found;
}

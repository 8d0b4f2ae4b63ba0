// One cell of the matrix of single commands: the command under a fault, a start after it (cut off as well, if wished), then what must
// hold: the command has happened as a whole or not at all, and can be given again. Knows no test runner.
import path from 'node:path';
import type { LogEvent, Project } from '../project.ts';
import { saneEnd, stripped } from './ends.ts';
import { inspect } from './invariants.ts';
import { type Fault, faultVariables, type Operation, readTrace } from './shim.ts';
import { copyOf, NEUTRAL, NEUTRAL_CODE, prepare, type Situation } from './situations.ts';

type Seen = {
  readonly statuses: string;
  readonly files: Readonly<Record<string, string>>;
  readonly changes: readonly string[];
};

/** A situation, prepared, with what an undisturbed command makes of it. */
export type Stage = AsyncDisposable & {
  readonly situation: Situation;
  readonly prepared: Project;
  readonly operations: readonly Operation[];
  /** As seen after the next start: without the command, and with it. */
  readonly before: Seen;
  readonly after: Seen;
};

export async function openStage(situation: Situation): Promise<Stage> {
  const prepared = await prepare(situation);
  const untouched = await copyOf(prepared);
  const { violations, seen: before } = await lookAfterStart(untouched);
  await untouched[Symbol.asyncDispose]();
  const changed = await copyOf(prepared);
  const trace = path.join(changed.home, 'trace');
  const env = faultVariables(changed.dir, { at: 0, action: 'kill' }, trace);
  const { code, stderr } = await changed.run(situation.args, { env });
  if (code !== situation.code) throw new Error(`${situation.name} ended with ${code}: ${stderr}`);
  const { violations: found, seen: after } = await lookAfterStart(changed);
  const operations = readTrace(trace);
  await changed[Symbol.asyncDispose]();
  if (violations.length + found.length > 0)
    throw new Error(`it holds not even without a fault: ${[...violations, ...found].join('; ')}`);
  return {
    situation,
    prepared,
    operations,
    before,
    after,
    [Symbol.asyncDispose]: () => prepared[Symbol.asyncDispose](),
  };
}

/** `again`: the start after the fault is hit as well. */
export async function trySingle(stage: Stage, fault: Fault, again?: Fault): Promise<string[]> {
  await using project = await copyOf(stage.prepared);
  const first = await project.run(stage.situation.args, { env: faultVariables(project.dir, fault) });
  const violations = saneEnd(fault, first);
  if (again) await project.run(NEUTRAL, { env: faultVariables(project.dir, again) });
  const next = await lookAfterStart(project);
  violations.push(...next.violations, ...(await completed(stage, project, next.seen)));
  return violations;
}

/** All or nothing; and where nothing, the command given again does all. */
async function completed(stage: Stage, project: Project, seen: Seen): Promise<string[]> {
  const { situation, before, after } = stage;
  if (seen.statuses === after.statuses && before.statuses !== after.statuses) return differences(stage, seen);
  if (seen.statuses !== before.statuses) return [`it is half done: ${seen.statuses}`];
  const { code, stderr } = await project.run(situation.args);
  if (code !== situation.code) return [`given again it ended with ${code}: ${stderr.slice(-400)}`];
  const repeated = await lookAfterStart(project);
  return [...repeated.violations, ...differences(stage, repeated.seen)];
}

function differences({ situation, after }: Stage, seen: Seen): string[] {
  // What was cut off has an issue that says so, and other lines in the log.
  if (situation.mayBeCutOff) return seen.statuses === after.statuses ? [] : [`the states are ${seen.statuses}`];
  const found = Object.keys({ ...after.files, ...seen.files })
    .filter((file) => after.files[file] !== seen.files[file])
    .map((file) => `${file} is ${JSON.stringify(seen.files[file])}, not ${JSON.stringify(after.files[file])}`);
  const [is, should] = [seen.changes.join('\n'), after.changes.join('\n')];
  return is === should ? found : [...found, `the log has the changes\n${is}\nand not\n${should}`];
}

async function lookAfterStart(project: Project): Promise<{ violations: string[]; seen: Seen }> {
  const { code, signal, stderr } = await project.run(NEUTRAL);
  const wrong = code === NEUTRAL_CODE ? [] : [`the next start ended with ${code ?? signal}: ${stderr.slice(-400)}`];
  const { violations, statuses } = await inspect(project);
  const seen = { statuses: JSON.stringify(statuses), files: await filesOf(project), changes: await changesOf(project) };
  return { violations: [...wrong, ...violations], seen };
}

/** The files that people read, and the names of all others. */
async function filesOf(project: Project): Promise<Record<string, string>> {
  const names = await project.list();
  const texts = names.map(async (name) => [
    name,
    name.endsWith('.yaml') ? stripped(await project.read(name), project) : '',
  ]);
  return Object.fromEntries((await Promise.all(texts)) as [string, string][]);
}

async function changesOf(project: Project): Promise<string[]> {
  const events: LogEvent[] = await project.log().catch(() => []);
  return events
    .filter(({ status_change }) => status_change !== undefined)
    .map(({ task_id, event_type, status_change }) => [task_id, event_type, status_change].join(' '));
}

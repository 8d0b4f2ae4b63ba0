// `orchestrate doctor`: whether this machine and project are in order, and what can be mended.

import { type App, openProject, openSession } from '../app.ts';
import { SCHEMA_FOLDER, SCHEMA_KINDS } from '../authoring/schema-files.ts';
import { count, oneLine } from '../base/text.ts';
import { RECORDING_FOLDER } from '../calls/provider.ts';
import { asFound, type Check, fine, type Level, type Repaired, repairAll } from '../doctor/check.ts';
import { envFileChecks, keyCheck, providerCheck, recordingsCheck } from '../doctor/keys.ts';
import { machineChecks } from '../doctor/machine.ts';
import { databaseChecks, folderCheck, leftoverCheck, logChecks } from '../doctor/storage.ts';
import { checkTasks } from '../run/check.ts';
import { loadRunbook } from '../runbook/store.ts';
import type { Runbook } from '../runbook/task.ts';
import type { Environment } from '../system/environment.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';
import { type Io, writeJson } from '../terminal/io.ts';
import { wordFailure } from '../terminal/wording.ts';
import { fail } from './outcome.ts';

export type DoctorOptions = { readonly repair?: boolean; readonly keep?: 'files' | 'journal' };

export async function doctor(app: App, { repair = false, keep }: DoctorOptions): Promise<number> {
  if (keep !== undefined) return keepStates(app, keep);
  const project = openProject(app);
  if (!project.ok && project.error.code === 'usage') return fail(app.io, project.error);
  const checks = machineChecks(app.env, process.versions.node);
  if (project.ok)
    checks.push(
      fine('project', `project: ${project.value.root}`),
      ...(await projectChecks(app, project.value.root, project.value.environment)),
    );
  else checks.push(...noProject(app, wordFailure(project.error), project.error.code === 'no-project'));
  const results = repair ? await repairAll(checks, (failure) => wordFailure(failure).message) : asFound(checks);
  const healthy = results.every(({ level }) => level !== 'error');
  if (app.io.json) writeJson(app.io, { healthy, checks: results });
  else app.io.out(draw(app.io, results));
  return healthy ? 0 : 2;
}

/** Opening is what asks which states count; here the answer is given. */
async function keepStates(app: App, keep: 'files' | 'journal'): Promise<number> {
  const opened = await openSession(app, { keep });
  if (!opened.ok) return fail(app.io, opened.error);
  opened.value.close();
  if (app.io.json) writeJson(app.io, { kept: keep });
  else
    app.io.out(
      keep === 'files' ? 'The states in the files count.\n' : 'The states of the journal stand in the files.\n',
    );
  return 0;
}

/** Outside a project only the machine is looked at, which is no fault; a project of somebody else is one. */
function noProject(app: App, { message, advice }: { message: string; advice?: string }, absent: boolean): Check[] {
  const key = keyCheck({ source: (name) => (app.env[name] ? 'environment' : undefined) });
  return [
    key,
    { id: 'project', level: absent ? 'warning' : 'error', message, ...(advice === undefined ? {} : { advice }) },
  ];
}

async function projectChecks(app: App, root: string, environment: Environment): Promise<Check[]> {
  const { runbook, check } = await runbookCheck(root);
  return [
    check,
    folderCheck(root),
    ...databaseChecks(root),
    ...logChecks(root),
    await leftoverCheck(root, writtenFiles(runbook)),
    ...(await envFileChecks(root, environment, app.signal)),
    keyCheck(environment),
    providerCheck({ environment, runbook, asked: app.provider }),
    await recordingsCheck(root, RECORDING_FOLDER),
  ];
}

async function runbookCheck(root: string): Promise<{ runbook: Runbook | undefined; check: Check }> {
  const id = 'runbook';
  const advice = 'orchestrate validate shows them';
  const loaded = await loadRunbook(root);
  if (!loaded.ok) {
    const { error } = loaded;
    const check: Check =
      error.code === 'problems'
        ? { id, level: 'error', message: `${RUNBOOK_FILE} has ${count(error.diagnostics.length, 'error')}`, advice }
        : { id, level: 'error', ...wordFailure(error) };
    return { runbook: undefined, check };
  }
  const runbook = loaded.value;
  const problems = [...runbook.problems, ...(await checkTasks(root, runbook, runbook.tasks))];
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors > 0)
    return {
      runbook,
      check: {
        id,
        level: 'error',
        message: `${RUNBOOK_FILE}: ${count(runbook.tasks.length, 'task')}, ${count(errors, 'error')}`,
        advice,
      },
    };
  if (problems.length > 0)
    return {
      runbook,
      check: {
        id,
        level: 'warning',
        message: `${RUNBOOK_FILE}: ${count(runbook.tasks.length, 'task')}, ${count(problems.length, 'warning')}`,
        advice,
      },
    };
  return { runbook, check: fine(id, `${RUNBOOK_FILE}: ${count(runbook.tasks.length, 'task')}, no errors`) };
}

/** Every file that orchestrate replaces as a whole, as far as the runbook tells. */
function writtenFiles(runbook: Runbook | undefined): string[] {
  const ofTasks =
    runbook?.tasks.flatMap((task) => [task.detail?.file, task.outputArtifact]).filter((file) => file !== undefined) ??
    [];
  const schemas = SCHEMA_KINDS.map((kind) => `${SCHEMA_FOLDER}/${kind}.json`);
  return [RUNBOOK_FILE, '.gitignore', 'tasks/any.yaml', `${RECORDING_FOLDER}/any.yaml`, ...schemas, ...ofTasks];
}

function draw({ style, quiet }: Io, results: readonly Repaired[]): string {
  const sign: Record<Level, string> = { ok: style.good('✓'), warning: style.warn('!'), error: style.bad('✗') };
  const shown = quiet ? results.filter(({ level, repaired }) => level !== 'ok' || repaired) : results;
  return shown
    .map(
      ({ level, message, advice }) =>
        `${sign[level]} ${oneLine(message)}\n${advice === undefined ? '' : `  ${style.accent('→')} ${oneLine(advice)}\n`}`,
    )
    .join('');
}

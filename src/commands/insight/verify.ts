// `orchestrate verify [ID…]`: the evidence of DONE tasks looked at again. Changes nothing; command checks run only when asked for.

import { type App, type Project, readProject } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { createRedactor } from '../../base/secrets.ts';
import { count, oneLine } from '../../base/text.ts';
import { findTask } from '../../run/change.ts';
import { checkCommands } from '../../run/evidence.ts';
import type { Trusts } from '../../run/receipts/stale.ts';
import { commandChecks, verify as verifyTasks } from '../../run/receipts/verify.ts';
import { secretsOf } from '../../run/secrets.ts';
import type { Runbook, Task } from '../../runbook/task.ts';
import { newId } from '../../system/clock.ts';
import { writeJson } from '../../terminal/io.ts';
import { adviceFor, jsonTrust, receiptWords } from '../../terminal/trust-view.ts';
import { wrap } from '../../terminal/wrap.ts';
import { fail } from '../outcome.ts';

export type VerifyOptions = { readonly ids: readonly string[]; readonly runCommands?: boolean };

export async function verify(app: App, options: VerifyOptions): Promise<number> {
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { root, runbook } = project.value;
  const tasks = chosen(runbook, options.ids);
  if (!tasks.ok) return fail(app.io, tasks.error);
  const commands = options.runCommands ? commandRunner(app, project.value) : undefined;
  const trusts = await verifyTasks(root, runbook, { tasks: tasks.value, ...(commands ? { commands } : {}) });
  if (app.signal.aborted) {
    // A command that was cut off has failed at nothing.
    app.io.err('Interrupted before everything was checked.\n');
    return 130;
  }
  const stale = [...trusts.values()].filter(({ kind }) => kind === 'stale').length;
  if (app.io.json) writeJson(app.io, jsonVerified(tasks.value, trusts, options));
  else {
    for (const task of tasks.value) app.io.out(draw(app, task, trusts));
    tellSum(app, tasks.value, { trusts, ran: options.runCommands ?? false });
  }
  return stale > 0 ? 1 : 0;
}

function chosen(runbook: Runbook, ids: readonly string[]): Result<Task[], Failure> {
  if (ids.length === 0) return ok(runbook.tasks.filter(({ status }) => status === 'DONE'));
  const tasks: Task[] = [];
  for (const id of new Set(ids)) {
    const found = findTask(runbook, id);
    if (!found.ok) return found;
    if (found.value.status !== 'DONE')
      return err({
        code: 'wrong-state',
        id,
        message: `only what is DONE has evidence to verify; "${id}" is ${found.value.status}`,
        advice: `orchestrate why ${id}`,
      });
    tasks.push(found.value);
  }
  return ok(tasks);
}

function commandRunner(app: App, { root, environment, runbook }: Project & { runbook: Runbook }) {
  const redactor = createRedactor(secretsOf(root, environment, runbook));
  const session = { root, environment, redactor, signal: app.signal, runId: newId() };
  return (task: Task) => checkCommands(session, runbook, task);
}

function draw({ io }: App, task: Task, trusts: Trusts): string {
  const { style, width } = io;
  const trust = trusts.get(task.id);
  if (trust === undefined) return '';
  const [sign, word] = {
    holds: [style.good('✓'), 'holds'],
    stale: [style.bad('✗'), style.bad('stale')],
    unverified: [style.warn('?'), 'unverified: nothing was kept when it became DONE'],
  }[trust.kind];
  const receipt = trust.kind === 'holds' && trust.row ? `: ${receiptWords(trust.row)}` : '';
  const reasons = trust.kind === 'stale' ? trust.reasons : [];
  const lines = [
    wrap(`${sign} ${style.bold(task.id)} ${word}${receipt}`, { width, hanging: '  ' }),
    ...reasons.map(({ message }) => wrap(`- ${oneLine(message)}`, { width, indent: '  ', hanging: '  ' })),
    ...(reasons.length > 0
      ? adviceFor(task, reasons).map((each) =>
          wrap(`${style.accent('→')} ${each}`, { width, indent: '  ', hanging: '  ' }),
        )
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function tellSum(app: App, tasks: readonly Task[], { trusts, ran }: { trusts: Trusts; ran: boolean }): void {
  const { io } = app;
  const of = (kind: string) => [...trusts.values()].filter((trust) => trust.kind === kind).length;
  if (tasks.length === 0) io.err('No task is DONE: there is nothing to verify.\n');
  else {
    const parts = [
      `${of('holds')} of ${count(tasks.length, 'DONE task')} ${of('holds') === 1 ? 'holds' : 'hold'}`,
      ...(of('stale') > 0 ? [`${of('stale')} stale`] : []),
      ...(of('unverified') > 0 ? [`${of('unverified')} unverified`] : []),
    ];
    io.err(`${parts.join(', ')}.\n`);
  }
  const left = ran ? 0 : tasks.reduce((sum, task) => sum + commandChecks(task), 0);
  if (left > 0) io.err(`${count(left, 'command check')} not made again: --run-commands makes them.\n`);
}

function jsonVerified(tasks: readonly Task[], trusts: Trusts, options: VerifyOptions): Record<string, unknown> {
  return {
    holds: [...trusts.values()].every(({ kind }) => kind !== 'stale'),
    commands_run: options.runCommands ?? false,
    tasks: tasks.map((task) => ({ id: task.id, ...jsonTrust(trusts.get(task.id)) })),
  };
}

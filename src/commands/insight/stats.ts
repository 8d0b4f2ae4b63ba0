// `orchestrate stats`: time and cost so far, what is left, how good the answers were. Reads the log and the history, changes neither.

import path from 'node:path';
import { type App, type Project, readProject } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { ok, type Result } from '../../base/result.ts';
import { createRedactor } from '../../base/secrets.ts';
import { LOG_FILE, parseLog } from '../../events/log.ts';
import { acceptanceOf, costSamples, type TaskCall } from '../../history/acceptance.ts';
import { secretsOf } from '../../run/secrets.ts';
import { isFinished } from '../../run/states.ts';
import { attemptsOf, estimate, leftOf, spentOf, timeSamples, withKin } from '../../run/stats.ts';
import type { Runbook } from '../../runbook/task.ts';
import { readText } from '../../system/files.ts';
import { writeJson } from '../../terminal/io.ts';
import { fail } from '../outcome.ts';
import { drawStats, type StatsView } from './stats-draw.ts';

export async function stats(app: App): Promise<number> {
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { root, runbook } = project.value;
  const text = readText(path.join(root, LOG_FILE));
  if (!text.ok && text.error.errno !== 'ENOENT') return fail(app.io, text.error);
  const calls = await taskCalls(project.value);
  if (!calls.ok) return fail(app.io, calls.error);
  const attempts = attemptsOf(text.ok ? parseLog(text.value).events : []);
  const view = viewOf(runbook, { attempts, calls: calls.value });
  if (app.io.json) writeJson(app.io, jsonStats(view));
  else app.io.out(drawStats(view, app.io));
  return 0;
}

async function taskCalls({
  root,
  environment,
  runbook,
}: Project & { runbook: Runbook }): Promise<Result<readonly TaskCall[], Failure>> {
  const { openReader } = await import('../../history/reader.ts');
  const reader = openReader(root, createRedactor(secretsOf(root, environment, runbook)));
  if (!reader.ok) return reader;
  try {
    return reader.value?.taskCalls() ?? ok([]);
  } finally {
    reader.value?.close();
  }
}

type Known = { readonly attempts: ReturnType<typeof attemptsOf>; readonly calls: readonly TaskCall[] };

function viewOf(runbook: Runbook, { attempts, calls }: Known): StatsView {
  const { tasks, name } = runbook;
  const left = leftOf(tasks);
  const asking = left.filter(({ type }) => type === 'AI_ASSISTED');
  const settled = calls.filter(({ status }) => status === 'complete' || status === 'error');
  const costs = settled.flatMap(({ cost_usd }) => (cost_usd === null ? [] : [cost_usd]));
  return {
    name,
    total: tasks.length,
    finished: tasks.filter(isFinished).length,
    spent: spentOf(attempts, tasks),
    calls: calls.length,
    costUsd: costs.length === 0 ? null : Number(costs.reduce((sum, cost) => sum + cost, 0).toFixed(10)),
    costUnknown: settled.length - costs.length,
    left: left.length,
    leftMs: estimate(left, withKin(tasks, timeSamples(attempts))),
    leftAsking: asking.length,
    leftUsd: estimate(asking, withKin(tasks, costSamples(calls))),
    acceptance: acceptanceOf(calls),
  };
}

function jsonStats(view: StatsView): Record<string, unknown> {
  const { name, total, finished, spent, calls, left, leftMs, leftAsking, leftUsd, acceptance } = view;
  return {
    ...(name === undefined ? {} : { name }),
    total,
    finished,
    time: { ms: spent.reduce((sum, { ms }) => sum + ms, 0), by_type: spent },
    cost: { usd: view.costUsd, unknown: view.costUnknown, calls },
    left: {
      tasks: left,
      ms: leftMs ?? null,
      model_tasks: leftAsking,
      usd: leftUsd ?? null,
    },
    answers: acceptance,
  };
}

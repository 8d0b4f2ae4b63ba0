// `orchestrate review`: shows what waits for a person at a task, and answers it.

import path from 'node:path';
import { type App, openSession, readProject, type WaitOption } from '../app.ts';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { localTime, neutralise, oneLine } from '../base/text.ts';
import { findTask, takeFromPrompt } from '../run/change.ts';
import { runLoop } from '../run/loop.ts';
import { findWaiting, type GivenAnswer, personWith, type WaitingReview } from '../run/review.ts';
import { withSettled } from '../run/states.ts';
import { type GivenVars, givenVars, withVars } from '../run/vars.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { readText } from '../system/files.ts';
import { type Io, writeJson } from '../terminal/io.ts';
import { type CallOptions, callFlags } from './call-options.ts';
import { fail } from './outcome.ts';
import { tellEnd } from './run-end.ts';

type Told = Exclude<WaitingReview, { kind: 'unreadable' }>;

export type ReviewOptions = CallOptions & {
  readonly id: string;
  readonly accept?: boolean;
  readonly retry?: boolean | string;
  readonly editFrom?: string;
  readonly error?: string;
  readonly skip?: boolean;
  readonly note?: string;
  readonly wait?: WaitOption;
  /** As they were given to the run that asked: another value makes another prompt. */
  readonly var?: readonly string[];
};

export async function review(app: App, options: ReviewOptions): Promise<number> {
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const vars = givenVars(project.value.runbook, options.var ?? []);
  if (!vars.ok) return fail(app.io, vars.error);
  const present = await askable(project.value.root, project.value.runbook);
  const runbook = withSettled(withVars(present, vars.value));
  const task = findTask(runbook, options.id);
  if (!task.ok) return fail(app.io, task.error);
  const waiting = await findWaiting(project.value, runbook, task.value);
  if (waiting.kind === 'unreadable') return fail(app.io, waiting.failure);
  const answer = givenAnswer(options);
  if (!answer.ok) return fail(app.io, answer.error);
  if (answer.value === undefined && !app.io.interactive) return show(app, task.value, waiting);
  const refused = whyRefused(task.value, waiting, answer.value);
  if (refused) return fail(app.io, refused);
  return carryOut(app, task.value, { answer: answer.value, options, vars: vars.value });
}

async function carryOut(
  app: App,
  task: Task,
  { answer, options, vars }: { answer: GivenAnswer | undefined; options: ReviewOptions; vars: GivenVars },
): Promise<number> {
  const calls = callFlags(app, options);
  if (!calls.ok) return fail(app.io, calls.error);
  const person = answer === undefined ? {} : { person: personWith(answer) };
  const opened = await openSession(app, { wait: options.wait, vars, calls: calls.value, ...person });
  if (!opened.ok) return fail(app.io, opened.error);
  try {
    const taken = await takeFromPrompt(opened.value.session, task.id);
    if (!taken.ok) return fail(app.io, taken.error);
    return tellEnd(
      app,
      await runLoop(opened.value.session, { scope: { only: [task.id] }, once: true, keepGoing: false }),
    );
  } finally {
    opened.value.close();
  }
}

/** A task that another terminal has open at a prompt may be answered here as well. */
async function askable(root: string, runbook: Runbook): Promise<Runbook> {
  if (!runbook.tasks.some(({ status }) => status === 'RUNNING')) return runbook;
  const { readRunning } = await import('../journal/journal.ts');
  const waiting = new Set(readRunning(root).flatMap((row) => (row.waiting ? row.taskId : [])));
  const tasks = runbook.tasks.map((task) =>
    task.status === 'RUNNING' && waiting.has(task.id) ? { ...task, status: 'READY' as const } : task,
  );
  return { ...runbook, tasks };
}

function givenAnswer(options: ReviewOptions): Result<GivenAnswer | undefined, Failure> {
  const { accept, retry, editFrom, error, skip, note } = options;
  if (note !== undefined && !accept)
    return err({
      code: 'usage',
      message: '--note goes with --accept',
      advice: `orchestrate review ${options.id} --accept --note …`,
    });
  if (accept) return ok({ kind: 'accept', ...(note === undefined ? {} : { note }) });
  if (retry !== undefined) return ok({ kind: 'retry', why: typeof retry === 'string' ? retry : '' });
  if (error !== undefined) return ok({ kind: 'error', text: error });
  if (skip) return ok({ kind: 'skip' });
  if (editFrom === undefined) return ok(undefined);
  const text = readText(path.resolve(editFrom));
  return text.ok ? ok({ kind: 'edit', content: text.value }) : text;
}

function whyRefused(task: Task, waiting: WaitingReview, answer: GivenAnswer | undefined): Failure | undefined {
  if (waiting.kind === 'nothing') {
    return {
      code: 'wrong-state',
      id: task.id,
      message: `nothing waits for a person at "${task.id}": ${waiting.reason}`,
      advice: waiting.advice,
    };
  }
  if (waiting.kind === 'manual' && (answer?.kind === 'retry' || answer?.kind === 'edit')) {
    return {
      code: 'usage',
      message: `"${task.id}" is a manual step: it can be accepted, skipped, or marked as an error`,
      advice: `orchestrate review ${task.id} --accept | --error TEXT | --skip`,
    };
  }
  return undefined;
}

/** Exit 3 while something waits. */
function show({ io }: App, task: Task, waiting: Told): number {
  if (io.json)
    writeJson(io, {
      id: task.id,
      name: task.name,
      type: task.type,
      waiting: plain(task, waiting),
      ...(waiting.kind === 'nothing' ? { reason: waiting.reason, advice: waiting.advice } : {}),
    });
  else tell(io, task, waiting);
  return waiting.kind === 'nothing' ? 0 : 3;
}

function plain(task: Task, waiting: Told): Record<string, unknown> | null {
  switch (waiting.kind) {
    case 'nothing':
      return null;
    case 'manual':
      return { for: 'confirmation', instructions: waiting.instructions };
    case 'answer': {
      const { content, notes, problems } = waiting.candidate;
      const points = task.work?.type === 'AI_ASSISTED' ? (task.work.ai.review_points ?? []) : [];
      return {
        for: 'review',
        call_id: waiting.callId,
        created_at: waiting.createdAt,
        model: waiting.model,
        output_artifact: task.outputArtifact ?? null,
        content,
        notes,
        problems,
        review_points: points,
        edited: waiting.edited ? { file: waiting.edited.file, at: waiting.edited.at } : null,
      };
    }
  }
}

/** The answer itself goes to stdout, so that it can be kept, edited and given back with --edit-from; all else to stderr. */
function tell(io: Io, task: Task, waiting: Told): void {
  const { errStyle: style } = io;
  switch (waiting.kind) {
    case 'nothing':
      return io.err(
        `Nothing waits for a person at ${task.id}: ${waiting.reason}.\n  ${style.accent('→')} ${waiting.advice}\n`,
      );
    case 'manual':
      io.out(waiting.instructions.map((line) => `- ${neutralise(line).trim()}\n`).join(''));
      return io.err(`When it is done: orchestrate review ${task.id} --accept\n`);
    case 'answer': {
      const { content, notes, problems } = waiting.candidate;
      const points = task.work?.type === 'AI_ASSISTED' ? (task.work.ai.review_points ?? []) : [];
      io.out(`${neutralise(content).trimEnd()}\n`);
      const lines = [
        `\nThe answer of ${oneLine(waiting.model)}, ${localTime(waiting.createdAt)}${task.outputArtifact === undefined ? '' : `, for ${oneLine(task.outputArtifact)}`}`,
        ...notes.map((note) => style.dim(`  ${oneLine(note)}`)),
        ...problems.map((problem) => `  ${style.bad('✗')} ${oneLine(problem)}`),
        ...(points.length === 0 ? [] : [style.bold('Look at'), ...points.map((point) => `  - ${oneLine(point)}`)]),
        ...(waiting.edited
          ? [style.bold(`Your edited text of ${localTime(waiting.edited.at)}`), `  ${waiting.edited.file}`]
          : []),
        `  ${style.accent('→')} orchestrate review ${task.id} --accept | --retry [WHY] | --edit-from FILE | --error TEXT | --skip`,
      ];
      return io.err(`${lines.join('\n')}\n`);
    }
  }
}

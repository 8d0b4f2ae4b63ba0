// `on` of the runbook: a shell line that is run when a run has ended. It tells others; it decides nothing.

import type { HookEvent, Runbook } from '../runbook/task.ts';
import { runProcess } from '../system/processes.ts';
import { describeEnd, inSentence } from './command.ts';
import type { RunEnd } from './outcome.ts';
import type { Session } from './session.ts';

/** A pipeline must not hang because a message cannot be sent. */
const LONGEST_MS = 5 * 60_000;

/** Set for hooks alone: a run that a hook starts calls no hooks, or it would go on for ever. */
const EVENT_VARIABLE = 'ORCHESTRATE_EVENT';

export type Occasion = {
  readonly event: HookEvent;
  /** What the run will end with. */
  readonly exitCode: number;
  /** The task that failed, or the first that waits. */
  readonly taskId?: string;
  readonly message: string;
};

/** What a run's end is for hooks; undefined where a person ended it. */
export function occasionOf(end: RunEnd, exitCode: number): Occasion | undefined {
  switch (end.ended) {
    case 'finished':
    case 'one-done':
      return { event: 'done', exitCode, message: 'all is done' };
    case 'error': {
      const { error } = end;
      return { event: 'error', exitCode, ...(error ? { taskId: error.id } : {}), message: `${error?.id} failed` };
    }
    case 'waiting': {
      const [first] = end.waiting;
      const message = first ? `${first.task.id}: ${first.reason}` : 'tasks wait for a person';
      return { event: 'waiting', exitCode, ...(first ? { taskId: first.task.id } : {}), message };
    }
    case 'interrupted':
      return undefined;
  }
}

/** Its output goes to stderr. A hook that fails is told and changes nothing. The lock must be free: it may call us. */
export async function runHook(session: Session, runbook: Runbook, occasion: Occasion): Promise<void> {
  const line = runbook.hooks[occasion.event];
  const { root, environment, redactor, signal, report } = session;
  if (line === undefined || environment.process[EVENT_VARIABLE] !== undefined || signal.aborted) return;
  const redact = redactor.stream();
  const decoder = new TextDecoder();
  const tell = (text: string) => text !== '' && report({ kind: 'script-output', stream: 'stderr', text });
  const { end } = await runProcess({
    command: { kind: 'shell', line },
    cwd: root,
    env: { ...environment.process, ...runbook.env, ...hookVariables(session, runbook, occasion) },
    stdin: 'none',
    timeoutMs: LONGEST_MS,
    signal,
    onOutput: (_stream, chunk) => void tell(redact.push(decoder.decode(chunk, { stream: true }))),
  });
  tell(redact.end());
  if (end.kind === 'exit' && end.code === 0) return;
  report({
    kind: 'warning',
    message: `the hook on: ${occasion.event}: "${inSentence(session, line)}" ${describeEnd(end)}`,
    advice: 'it changes nothing about the run; mend it in runbook.yaml',
  });
}

function hookVariables(
  { root, runId, redactor }: Session,
  runbook: Runbook,
  { event, exitCode, taskId = '', message }: Occasion,
): Record<string, string> {
  return {
    [EVENT_VARIABLE]: event,
    ORCHESTRATE_EVENT_TASK: taskId,
    ORCHESTRATE_EVENT_MESSAGE: redactor.text(message),
    ORCHESTRATE_EXIT_CODE: String(exitCode),
    ORCHESTRATE_RUN_ID: runId,
    ORCHESTRATE_RUNBOOK: runbook.name ?? '',
    ORCHESTRATE_PROJECT_DIR: root,
  };
}

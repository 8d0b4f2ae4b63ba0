// Runs a command for a task: its environment, and the commands of `expects`. Does not know how a task's outcome is decided.

import path from 'node:path';
import { oneLine, shorten } from '../base/text.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { readEnvFile } from '../system/environment.ts';
import { runProcess } from '../system/processes.ts';
import { OUTPUT_VARIABLE, outputVariables } from './outputs.ts';
import type { Session } from './session.ts';

/** What a command needs of a session. */
export type CommandSession = Pick<Session, 'root' | 'runId' | 'environment' | 'redactor' | 'signal'>;

/** A check that runs longer is taken for stuck. */
const CHECK_TIMEOUT_MS = 10 * 60_000;
const KEPT_OUTPUT = 4_000;

/**
 * The parent's environment, the runbook's `env`, the task's `env_file` and its `env`, the later winning, and where the command is
 * (design.md §5); and what the scripts before it have left. The keys of `.env` come only through `env_file`.
 */
export function scriptEnvironment(session: CommandSession, runbook: Runbook, task: Task): Record<string, string> {
  const script = task.work?.type === 'AUTOMATED_SCRIPT' ? task.work.script : undefined;
  return {
    ...withoutOutputs(session.environment.process),
    ...runbook.env,
    ...(script?.envFile === undefined ? {} : readEnvFile(path.join(session.root, script.envFile))),
    ...script?.env,
    ...outputVariables(runbook, task),
    ORCHESTRATE_TASK_ID: task.id,
    ORCHESTRATE_RUN_ID: session.runId,
    ORCHESTRATE_PROJECT_DIR: session.root,
  };
}

/** Those of an orchestrate around this one are of other tasks. */
function withoutOutputs(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith(OUTPUT_VARIABLE)));
}

/** Exit 0 is success; otherwise the end of what it printed says why. */
export async function runCommandCheck(
  session: CommandSession,
  line: string,
  env: Record<string, string>,
): Promise<{ ok: boolean; detail?: string; exit_code?: number }> {
  let tail = '';
  const decoder = new TextDecoder();
  // Before anything is cut off: of a secret that is cut in two neither part would be found.
  const redact = session.redactor.stream();
  const keep = (text: string) => {
    tail = (tail + redact.push(text)).slice(-KEPT_OUTPUT);
  };
  const { end } = await runProcess({
    command: { kind: 'shell', line },
    cwd: session.root,
    env,
    stdin: 'none',
    timeoutMs: CHECK_TIMEOUT_MS,
    signal: session.signal,
    onOutput: (_stream, chunk) => keep(decoder.decode(chunk, { stream: true })),
  });
  const code = end.kind === 'exit' ? { exit_code: end.code } : {};
  if (end.kind === 'exit' && end.code === 0) return { ok: true, ...code };
  const last = (tail + redact.end()).trim().split('\n').slice(-3).join(' | ');
  return {
    ok: false,
    ...code,
    detail: `"${inSentence(session, line)}" ${describeEnd(end)}${last === '' ? '' : `: ${shorten(last, 300)}`}`,
  };
}

/** Of a command in a sentence; the whole stands in the detail file. */
const LONGEST_COMMAND = 80;

/** A command as part of a sentence. Secrets go before it is cut: half of one would not be found afterwards. */
export function inSentence({ redactor }: Pick<Session, 'redactor'>, command: string): string {
  return shorten(oneLine(redactor.text(command)), LONGEST_COMMAND);
}

type End = Awaited<ReturnType<typeof runProcess>>['end'];

/** How a process ended, as the end of a sentence. */
export function describeEnd(end: End): string {
  switch (end.kind) {
    case 'exit':
      return `ended with exit code ${end.code}`;
    case 'signal':
      return `was ended by ${end.signal}`;
    case 'timeout':
      return 'ran out of time';
    case 'aborted':
      return 'was interrupted';
    case 'not-started':
      return `could not be started (${end.message})`;
  }
}

// An AUTOMATED_SCRIPT task: runs it with a full log, retries it, judges the exit code and the evidence. Does not store the outcome.

import path from 'node:path';
import { errnoText } from '../../base/errno.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Redactor } from '../../base/secrets.ts';
import { formatDuration } from '../../base/text.ts';
import type { LastRun } from '../../runbook/schema.ts';
import type { Runbook, ScriptSpec, Task } from '../../runbook/task.ts';
import { pause, timestamp } from '../../system/clock.ts';
import { type FileFailure, fileInfo, listFolderNow, type TemporaryFile } from '../../system/files.ts';
import { insideRoot } from '../../system/paths.ts';
import { type ProcessEnd, runProcess } from '../../system/processes.ts';
import { replaceFile } from '../../system/replace.ts';
import { makeScratchFile } from '../../system/scratch.ts';
import { openSink, type TextSink } from '../../system/text-sink.ts';
import { artifactTarget, warnOfSecrets } from '../artifact.ts';
import { describeEnd, inSentence, scriptEnvironment } from '../command.ts';
import { checkAll, failuresOf } from '../evidence.ts';
import type { Outcome } from '../outcome.ts';
import { MOST_BYTES, type Outputs, parseOutputs, TOO_LARGE } from '../output-file.ts';
import { OUTPUT_VARIABLE } from '../outputs.ts';
import { secretsOf } from '../secrets.ts';
import type { Session } from '../session.ts';

type Attempt = {
  readonly end: ProcessEnd;
  readonly durationMs: number;
  readonly logFile: string;
  readonly stdout: Buffer[];
  /** What it left for later tasks, or what is wrong with that. */
  readonly outputs: Result<Outputs, string>;
};

export async function runScript(session: Session, runbook: Runbook, task: Task): Promise<Outcome> {
  if (task.work?.type !== 'AUTOMATED_SCRIPT') throw new Error(`${task.id} is not a script task`);
  const script = task.work.script;
  const cwd = script.cwd === undefined ? session.root : insideRoot(session.root, script.cwd);
  if (cwd === undefined) return failed(`its working folder ${script.cwd} lies outside the project`, {});
  if (!fileInfo(cwd)?.isDirectory) return failed(`its working folder ${script.cwd ?? '.'} does not exist`, {});
  if (script.envFile !== undefined && !fileInfo(insideRoot(session.root, script.envFile) ?? '')?.isFile) {
    return failed(`its env_file ${script.envFile} does not exist inside the project`, {});
  }
  const env = scriptEnvironment(session, runbook, task);
  // That file may have been written by an earlier task; all else was read with the runbook.
  if (script.envFile !== undefined) session.redactor.learn(secretsOf(session.root, session.environment, runbook));
  for (let number = 1; ; number++) {
    const attempt = await runOnce(session, { task, script, cwd, env, number });
    const outcome = await judge(session, runbook, { task, script, attempt, number });
    if (outcome.kind !== 'failed' || number > script.retries || session.signal.aborted) return outcome;
    session.report({
      kind: 'note',
      message: `${outcome.detail}; try ${number + 1} of ${script.retries + 1} follows${script.retryDelayMs > 0 ? ` in ${formatDuration(script.retryDelayMs)}` : ''}`,
    });
    await pause(script.retryDelayMs, session.signal);
    if (session.signal.aborted)
      return {
        kind: 'interrupted',
        detail: `interrupted while waiting for try ${number + 1}`,
        lastRun: outcome.lastRun,
      };
  }
}

type Run = {
  readonly task: Task;
  readonly script: ScriptSpec;
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly number: number;
};

async function runOnce(session: Session, { task, script, cwd, env, number }: Run): Promise<Attempt> {
  const stdout: Buffer[] = [];
  let log: RunLog | undefined;
  const file = makeScratchFile('.txt');
  if (!file.ok)
    session.report({
      kind: 'warning',
      message: `the script has no $${OUTPUT_VARIABLE}: cannot ${file.error.operation} ${file.error.path} (${file.error.errno})`,
    });
  const { end, durationMs } = await runProcess({
    command: script.command,
    cwd,
    env: file.ok ? { ...env, [OUTPUT_VARIABLE]: file.value.path } : env,
    stdin: script.stdin,
    ...(script.timeoutMs === undefined ? {} : { timeoutMs: script.timeoutMs }),
    signal: session.signal,
    // What can be done while it is at work keeps nobody waiting.
    onStart: () => {
      log = beginLog(session, { task, script, number });
      session.ledger.writeAhead();
    },
    onOutput: (stream, chunk) => {
      if (stream === 'stdout' && script.capture) stdout.push(chunk);
      log?.push(stream, chunk);
    },
  });
  const { logFile, close } = log ?? beginLog(session, { task, script, number });
  close();
  return { end, durationMs, logFile, stdout, outputs: takeOutputs(session, task, file) };
}

type RunLog = {
  readonly logFile: string;
  readonly push: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  readonly close: () => void;
};

/** Tells of the start, and opens the log of this run of the script. */
function beginLog(session: Session, { task, script, number }: Pick<Run, 'task' | 'script' | 'number'>): RunLog {
  const file = path.join(session.states, 'logs', 'tasks', task.id, `${nextLogNumber(session.states, task)}.log`);
  const logFile = path.relative(session.root, file);
  const sink = openSink(file);
  session.report({ kind: 'script-started', command: commandText(script), logFile, attempt: number });
  const warn = (what: string, { operation, errno }: FileFailure) =>
    session.report({ kind: 'warning', message: `${what}: cannot ${operation} ${logFile} (${errno})` });
  if (!sink.ok) warn('no log of this run', sink.error);
  const log = sink.ok ? sink.value : undefined;
  const copies = { stdout: copy(session, 'stdout', log), stderr: copy(session, 'stderr', log) };
  return {
    logFile,
    push: (stream, chunk) => copies[stream].push(chunk),
    close() {
      copies.stdout.end();
      copies.stderr.end();
      const cut = log?.close();
      if (cut) warn('the log of this run is not whole', cut);
    },
  };
}

/** Output on its way to the screen and the log: decoded, secrets replaced, also those split across chunks. */
function copy(session: Session, stream: 'stdout' | 'stderr', log: TextSink | undefined) {
  const decoder = new TextDecoder();
  const redact: ReturnType<Redactor['stream']> = session.redactor.stream();
  const pass = (text: string) => {
    if (text === '') return;
    log?.write(text);
    session.report({ kind: 'script-output', stream, text });
  };
  return {
    push: (chunk: Buffer) => pass(redact.push(decoder.decode(chunk, { stream: true }))),
    end: () => pass(redact.push(decoder.decode()) + redact.end()),
  };
}

/** Read when the script has ended, and gone then: what counts of it is kept with the task. */
function takeOutputs(session: Session, task: Task, file: Result<TemporaryFile, FileFailure>): Result<Outputs, string> {
  if (!file.ok) return ok({});
  const text = textOf(file.value);
  void file.value.remove();
  const outputs = text.ok ? parseOutputs(text.value) : text;
  if (!outputs.ok) return outputs;
  const secrets = session.redactor.found(Object.values(outputs.value).join('\n'));
  if (secrets.length > 0)
    session.report({
      kind: 'warning',
      message: `${task.id} left ${secrets.join(', ')} among its outputs; it is kept as ${secrets.map((name) => `[${name}]`).join(', ')}`,
      advice: 'give a secret to each script by its environment or env_file',
    });
  // As the files will have it: the next task must not see more than one of a later process.
  return ok(session.redactor.value(outputs.value));
}

/** A script may take the file away: then it has left nothing. What it put in its place may be no file, or a device without an end. */
function textOf({ path: file, read }: TemporaryFile): Result<string, string> {
  const found = fileInfo(file);
  if (found === undefined || (found.isFile && found.size === 0)) return ok('');
  if (found.size > MOST_BYTES) return err(TOO_LARGE);
  if (!found.isFile) return err(found.isDirectory ? errnoText('EISDIR') : 'is no file any more');
  const text = read();
  return text.ok ? text : err(errnoText(text.error.errno));
}

function nextLogNumber(root: string, task: Task): number {
  const names = listFolderNow(path.join(root, 'logs', 'tasks', task.id));
  return names.reduce((max, name) => Math.max(max, Number.parseInt(name, 10) || 0), 0) + 1;
}

/** The command as a person would type it. */
export function commandText({ command }: ScriptSpec): string {
  if (command.kind === 'shell') return command.line.trim();
  return [command.file, ...command.args]
    .map((part) => (/^[\w@%+=:,./-]+$/.test(part) ? part : `'${part.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
}

type Judged = { readonly task: Task; readonly script: ScriptSpec; readonly attempt: Attempt; readonly number: number };

async function judge(session: Session, runbook: Runbook, { task, script, attempt, number }: Judged): Promise<Outcome> {
  const { end, durationMs, logFile } = attempt;
  const facts: LastRun = {
    attempts: number,
    duration_ms: durationMs,
    ...(end.kind === 'exit' ? { exit_code: end.code } : {}),
  };
  if (end.kind === 'aborted') {
    return {
      kind: 'interrupted',
      detail: `interrupted after ${formatDuration(durationMs)}; its output is in ${logFile}`,
      lastRun: { timestamp: timestamp(), outcome: 'FAILURE', ...facts },
    };
  }
  if (end.kind !== 'exit' || !script.successExitCodes.includes(end.code)) {
    const limit =
      end.kind === 'timeout' && script.timeoutMs !== undefined ? ` (limit ${formatDuration(script.timeoutMs)})` : '';
    const hint =
      end.kind === 'not-started' && /\s/.test(attemptFile(script))
        ? '; a mapping runs without a shell: put the words under "args", or give script_details as one string'
        : '';
    const output = end.kind === 'not-started' ? '' : `; its output is in ${logFile}`;
    return failed(`"${inSentence(session, commandText(script))}" ${describeEnd(end)}${limit}${output}${hint}`, facts);
  }
  if (!attempt.outputs.ok) return failed(`what it wrote to $${OUTPUT_VARIABLE} ${attempt.outputs.error}`, facts);
  const outputs = attempt.outputs.value;
  const captured = await capture(session, task, { script, attempt });
  if (captured !== undefined) return failed(captured, facts);
  const evidence = await checkAll(session, runbook, task);
  const failures = failuresOf(evidence);
  if (failures !== undefined && session.signal.aborted) {
    return {
      kind: 'interrupted',
      detail: `interrupted while it was checked; its output is in ${logFile}`,
      lastRun: { timestamp: timestamp(), outcome: 'FAILURE', ...facts },
    };
  }
  if (failures !== undefined) return { ...failed(failures, facts), issue: 'VALIDATION_FAIL' };
  return {
    kind: 'done',
    lastRun: {
      timestamp: timestamp(),
      outcome: 'SUCCESS',
      ...facts,
      ...(Object.keys(outputs).length > 0 ? { outputs } : {}),
    },
    details: {
      exit_code: end.code,
      duration_ms: durationMs,
      log: logFile,
      ...(Object.keys(outputs).length > 0 ? { outputs: Object.keys(outputs) } : {}),
      ...(evidence.length > 0 ? { evidence } : {}),
    },
  };
}

function attemptFile({ command }: ScriptSpec): string {
  return command.kind === 'exec' ? command.file : '';
}

function failed(detail: string, facts: LastRun): Extract<Outcome, { kind: 'failed' }> {
  return {
    kind: 'failed',
    issue: 'SCRIPT_ERROR',
    detail,
    lastRun: { timestamp: timestamp(), outcome: 'FAILURE', ...facts },
  };
}

/** `capture: stdout` fills the artifact; undefined when that went well or was not asked for. */
async function capture(
  session: Session,
  task: Task,
  { script, attempt }: { script: ScriptSpec; attempt: Attempt },
): Promise<string | undefined> {
  if (!script.capture) return undefined;
  if (task.outputArtifact === undefined) return '"capture: stdout" needs an "output_artifact" to fill';
  const target = artifactTarget(session.root, task.outputArtifact);
  if (!target.ok) return target.error.message;
  const content = Buffer.concat(attempt.stdout);
  warnOfSecrets(session, task.outputArtifact, content.toString('utf8'));
  const written = await replaceFile(target.value, content);
  return written.ok ? undefined : `cannot ${written.error.operation} ${task.outputArtifact} (${written.error.errno})`;
}

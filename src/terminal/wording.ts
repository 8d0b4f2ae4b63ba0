// The text of every failure: what happened, where, what to do next. The only place that words them.

import type { Failure } from '../base/failure.ts';
import { unreachable } from '../base/result.ts';
import { neutralise, oneLine } from '../base/text.ts';
import { drawDiagnostics } from './diagnostics.ts';
import type { Style } from './style.ts';

export type Worded = { readonly message: string; readonly advice?: string };

const ERRNO: Record<string, string> = {
  ENXIO: 'it is a pipe, not a file',
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  EISDIR: 'it is a folder',
  EIO: 'the disk reported an error',
  EPIPE: 'nobody reads them any more',
  ESPIPE: 'it is a pipe, and a file is needed',
  EEXIST: 'it exists already',
  ENOTDIR: 'a file stands where a folder should be',
};

/** One or two sentences; `problems` are drawn by `drawFailure`. */
export function wordFailure(failure: Failure): Worded {
  switch (failure.code) {
    case 'no-project':
      return {
        message: `no runbook.yaml in ${failure.from} or in any folder above it`,
        advice: 'change to your project, name it with -C DIR, or start one with "orchestrate init"',
      };
    case 'foreign-root':
      return {
        message: `${failure.root} belongs to another user; its scripts would run with your rights`,
        advice: `if you trust it, name it: orchestrate -C ${failure.root} …`,
      };
    case 'problems':
    case 'conflict':
      return { message: failure.diagnostics[0]?.message ?? 'there are problems' };
    case 'usage':
      return { message: failure.message, ...(failure.advice === undefined ? {} : { advice: failure.advice }) };
    case 'unknown-task':
      return {
        message: `there is no task "${failure.id}"`,
        advice: failure.suggestion ?? '"orchestrate status --all" lists the tasks',
      };
    case 'wrong-state':
    case 'waiting':
    case 'call-failed':
    case 'locked':
    case 'interrupted':
      return { message: failure.message, advice: failure.advice };
    case 'io':
      return {
        message: `cannot ${failure.operation} ${failure.path}: ${errnoWords(failure)}`,
        advice: ioAdvice(failure),
      };
    case 'unwritten':
      return {
        message: wordFailure(failure.cause).message,
        advice: failure.kept
          ? 'mend that: the next command that writes brings the outcome into the files'
          : `mend that: ${failure.id} stays RUNNING in its files, and the next command that writes makes it ERROR`,
      };
    case 'changed-meanwhile':
      return { message: failure.message, advice: 'look at the file; "orchestrate status" shows how things stand' };
    case 'database':
      return { message: `${failure.path}: ${failure.message}`, advice: failure.advice };
    case 'internal':
      return {
        message: `a defect of orchestrate itself: ${failure.message}`,
        advice: 'please report it with the command that you typed; -v shows the stack',
      };
    default:
      return unreachable(failure);
  }
}

function errnoWords({ operation, errno }: Extract<Failure, { code: 'io' }>): string {
  // Where nothing new was to be made, it is a folder on the way that cannot be.
  if (errno === 'EEXIST' && operation !== 'create' && operation !== 'make')
    return 'a file stands where a folder should be';
  return ERRNO[errno] ?? errno;
}

function ioAdvice({ operation, errno }: Extract<Failure, { code: 'io' }>): string {
  switch (errno) {
    case 'ENOSPC':
      return 'make room, then try again: nothing was half written';
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return operation === 'read' ? 'give yourself the right to read it' : 'make it writable, or work on a copy';
    default:
      return 'mend that, then try again';
  }
}

/** A failure as text for stderr. */
export function drawFailure(failure: Failure, style: Style, verbose: boolean): string {
  if (failure.code === 'problems' || failure.code === 'conflict') return drawDiagnostics(failure.diagnostics, style);
  const { message, advice } = wordFailure(failure);
  const stack = failure.code === 'internal' && verbose && failure.stack ? `\n${failure.stack}` : '';
  const detail = failure.code === 'waiting' && failure.detail ? `\n${neutralise(failure.detail)}` : '';
  return `${style.bad('error')}: ${oneLine(message)}${detail}${advice ? `\n  ${style.accent('→')} ${oneLine(advice)}` : ''}${stack}\n`;
}

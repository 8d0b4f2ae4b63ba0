// Every failure in words: what happened, where, what to do next.
import { describe, expect, test } from 'vitest';
import { exitCode, type Failure } from '../../../src/base/failure.ts';
import { drawFailure, wordFailure } from '../../../src/terminal/wording.ts';
import { PLAIN } from './plain-style.ts';

const DIAGNOSTICS = [
  {
    severity: 'error' as const,
    code: 'cycle',
    message: 'a waits for itself',
    place: { file: 'runbook.yaml' },
    advice: 'remove it',
  },
];

describe('a failure', () => {
  test.each<[failure: Failure, code: number, message: string, advice: string | undefined]>([
    [
      { code: 'no-project', from: '/home/me' },
      2,
      'no runbook.yaml in /home/me or in any folder above it',
      'change to your project, name it with -C DIR, or start one with "orchestrate init"',
    ],
    [
      { code: 'foreign-root', root: '/srv/p' },
      2,
      '/srv/p belongs to another user; its scripts would run with your rights',
      'if you trust it, name it: orchestrate -C /srv/p …',
    ],
    [{ code: 'problems', diagnostics: DIAGNOSTICS }, 2, 'a waits for itself', undefined],
    [{ code: 'conflict', diagnostics: DIAGNOSTICS }, 3, 'a waits for itself', undefined],
    [{ code: 'usage', message: '--force needs an id' }, 2, '--force needs an id', undefined],
    [{ code: 'usage', message: 'm', advice: 'a' }, 2, 'm', 'a'],
    [
      { code: 'unknown-task', id: 'biuld', suggestion: 'did you mean "build"?' },
      2,
      'there is no task "biuld"',
      'did you mean "build"?',
    ],
    [{ code: 'unknown-task', id: 'x' }, 2, 'there is no task "x"', '"orchestrate status --all" lists the tasks'],
    [
      { code: 'wrong-state', id: 'a', message: '"a" is DONE already', advice: 'orchestrate reset a' },
      2,
      '"a" is DONE already',
      'orchestrate reset a',
    ],
    [{ code: 'waiting', id: 'a', message: 'it waits', advice: 'review it' }, 3, 'it waits', 'review it'],
    [
      { code: 'io', operation: 'write', path: 'f', errno: 'ENOSPC' },
      2,
      'cannot write f: the disk is full',
      'make room, then try again: nothing was half written',
    ],
    [
      { code: 'io', operation: 'write', path: 'f', errno: 'EROFS' },
      2,
      'cannot write f: the file system is read-only',
      'make it writable, or work on a copy',
    ],
    [
      { code: 'io', operation: 'read', path: 'f', errno: 'EACCES' },
      2,
      'cannot read f: permission denied',
      'give yourself the right to read it',
    ],
    [
      { code: 'io', operation: 'read', path: 'f', errno: 'ESTALE' },
      2,
      'cannot read f: ESTALE',
      'mend that, then try again',
    ],
    [
      { code: 'changed-meanwhile', path: 'f', message: 'f changed' },
      3,
      'f changed',
      'look at the file; "orchestrate status" shows how things stand',
    ],
    [
      { code: 'database', path: 'history.db', message: 'it is damaged', advice: 'orchestrate doctor' },
      2,
      'history.db: it is damaged',
      'orchestrate doctor',
    ],
    [
      { code: 'internal', message: 'x is undefined' },
      70,
      'a defect of orchestrate itself: x is undefined',
      'please report it with the command that you typed; -v shows the stack',
    ],
  ])('%j exits with %d and says "%s"', (failure, code, message, advice) => {
    expect(exitCode(failure)).toBe(code);
    expect(wordFailure(failure)).toEqual({ message, ...(advice === undefined ? {} : { advice }) });
  });
});

describe('drawn', () => {
  test.each<[what: string, failure: Failure, verbose: boolean, text: string]>([
    [
      'it is a sentence and an advice',
      { code: 'waiting', message: 'it waits', advice: 'review it' },
      false,
      'error: it waits\n  → review it\n',
    ],
    ['it may have no advice', { code: 'usage', message: 'm' }, false, 'error: m\n'],
    [
      'problems are drawn each',
      { code: 'problems', diagnostics: DIAGNOSTICS },
      false,
      'runbook.yaml: error: a waits for itself\n  → remove it\n',
    ],
    [
      'conflicts are drawn each',
      { code: 'conflict', diagnostics: DIAGNOSTICS },
      false,
      'runbook.yaml: error: a waits for itself\n  → remove it\n',
    ],
    [
      'a defect shows its stack only with -v',
      { code: 'internal', message: 'm', stack: 'at x' },
      false,
      'error: a defect of orchestrate itself: m\n  → please report it with the command that you typed; -v shows the stack\n',
    ],
    [
      'a defect shows its stack with -v',
      { code: 'internal', message: 'm', stack: 'at x' },
      true,
      'error: a defect of orchestrate itself: m\n  → please report it with the command that you typed; -v shows the stack\nat x\n',
    ],
    ['it cannot steer the terminal', { code: 'usage', message: 'a\u001b[2J\nb' }, false, 'error: a␛[2J b\n'],
  ])('%s', (_, failure, verbose, text) => {
    expect(drawFailure(failure, PLAIN, verbose)).toBe(text);
  });
});

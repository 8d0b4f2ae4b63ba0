// Everything that can stop a command, as data. Knows no wording: terminal/wording.ts turns a code into text.

import type { Diagnostic } from './diagnostic.ts';

/** A closed union: adding a case shows every place that must word it. Exit codes are in `exitCode` below (design.md §4). */
export type Failure =
  | { readonly code: 'no-project'; readonly from: string }
  | { readonly code: 'foreign-root'; readonly root: string }
  | { readonly code: 'problems'; readonly diagnostics: readonly Diagnostic[] }
  /** The files say different things, and nobody can tell which counts. */
  | { readonly code: 'conflict'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly code: 'usage'; readonly message: string; readonly advice?: string }
  | { readonly code: 'unknown-task'; readonly id: string; readonly suggestion?: string }
  | { readonly code: 'wrong-state'; readonly id: string; readonly message: string; readonly advice: string }
  /** `detail`: lines that show what is meant, such as a difference. */
  | {
      readonly code: 'waiting';
      readonly id?: string;
      readonly message: string;
      readonly advice: string;
      readonly detail?: string;
    }
  /** A model call that a command is about gave no answer that can be used. */
  | { readonly code: 'call-failed'; readonly message: string; readonly advice: string }
  | { readonly code: 'io'; readonly operation: string; readonly path: string; readonly errno: string }
  /** Another orchestrate is at work. */
  | { readonly code: 'locked'; readonly message: string; readonly advice: string }
  /** A person ended the command before it had begun, or between two of its steps. */
  | { readonly code: 'interrupted'; readonly message: string; readonly advice: string }
  /** A task has ended, and its files could not take it. `kept`: it is in the journal. */
  | { readonly code: 'unwritten'; readonly id: string; readonly cause: Failure; readonly kept: boolean }
  | { readonly code: 'changed-meanwhile'; readonly path: string; readonly message: string }
  | { readonly code: 'database'; readonly path: string; readonly message: string; readonly advice: string }
  | { readonly code: 'internal'; readonly message: string; readonly stack?: string };

/** The exit code of a failure, by the table of design.md §4. An outcome of a run has its own (run/outcome.ts). */
export function exitCode(failure: Failure): number {
  switch (failure.code) {
    case 'internal':
      return 70;
    case 'call-failed':
      return 1;
    case 'locked':
      return 4;
    case 'interrupted':
      return 130;
    case 'waiting':
    case 'conflict':
    case 'changed-meanwhile':
    case 'unwritten':
      return 3;
    default:
      return 2;
  }
}

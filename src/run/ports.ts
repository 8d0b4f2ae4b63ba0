// What a run needs from the outside, as narrow interfaces: a person to ask, and somebody to tell. Knows no terminal.

import type { Diagnostic, Place } from '../base/diagnostic.ts';
import type { CallNews } from '../calls/types.ts';
import type { Task, TaskId } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';

/** One key a question can be answered with. */
export type Choice<K extends string> = { readonly key: K; readonly label: string };

/** What is being asked, so that an answer given beforehand (`review --accept`) goes to its own question only. */
export type QuestionKind = 'manual' | 'review' | 'confirm-send' | 'halted' | 'trust-host' | 'rollback' | 'redone';

export type Question<K extends string> = {
  readonly kind: QuestionKind /** What must be known to answer, as a sentence. */;
  readonly detail?: string;
  readonly message: string;
  readonly choices: readonly Choice<K>[];
};

/** A person at a terminal. Every question ends with `undefined` when the person goes away (Ctrl-C, Ctrl-D, hang-up). */
export type Person = {
  readonly choose: <K extends string>(question: Question<K>) => Promise<K | undefined>;
  /** One line of text; empty when the person just presses Enter. */
  readonly ask: (message: string) => Promise<string | undefined>;
  /**
   * Opens `$VISUAL` or `$EDITOR` on the text; the text as saved, or a reason why that did not work. `file`: where it is edited, an
   * absolute path; it stays there, for the caller to remove. `gone`: what the text was for has come to an end elsewhere meanwhile.
   */
  readonly edit: (
    text: string,
    extension: string,
    file?: string,
  ) => Promise<{ text: string } | { problem: string; gone?: true }>;
  /** Takes a pasted text of many lines. */
  readonly paste: () => Promise<string | undefined>;
  /** Shows a longer text. */
  readonly show: (title: string, text: string) => void;
};

/** News of a run, for whoever shows it. None of it is needed to go on. */
export type News =
  | { readonly kind: 'task-started'; readonly task: Task }
  /** Others were heard since it spoke last. */
  | { readonly kind: 'task-goes-on'; readonly task: Task }
  | {
      readonly kind: 'task-ended';
      readonly task: Task;
      readonly to: Status;
      readonly detail?: string;
      readonly durationMs: number;
    }
  | { readonly kind: 'task-waits'; readonly task: Task; readonly reason: string; readonly advice: string }
  /** A task in ERROR stops the run; `told`: its failure has just been shown. */
  | {
      readonly kind: 'halted';
      readonly task: Task;
      readonly issue: string | undefined;
      readonly place: Place | undefined;
      readonly told: boolean;
    }
  | { readonly kind: 'moved'; readonly task: Task; readonly to: Status; readonly reason: string }
  | {
      readonly kind: 'edited';
      readonly taskId: string;
      readonly from: string;
      readonly to: string;
      readonly file: string;
    }
  | { readonly kind: 'instructions'; readonly task: Task; readonly lines: readonly string[] }
  | { readonly kind: 'script-started'; readonly command: string; readonly logFile: string; readonly attempt: number }
  | { readonly kind: 'script-output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | {
      readonly kind: 'model-call';
      readonly provider: string;
      readonly model: string;
      readonly tokens: number;
      /** For the prompt alone. */
      readonly costUsd: number | null;
      /** With the longest answer; null where that is not bounded. */
      readonly atMostUsd: number | null;
      readonly attempt: number /** A person is asked before it is sent, or to answer it. */;
      readonly asks: boolean;
    }
  | { readonly kind: 'stored-answer'; readonly createdAt: string }
  | {
      readonly kind: 'candidate';
      readonly file: string | undefined;
      readonly content: string;
      readonly former: string | undefined;
      readonly diff: string | undefined;
      readonly reviewPoints: readonly string[];
      readonly notes: readonly string[];
      readonly problems: readonly string[];
    }
  | { readonly kind: 'check'; readonly label: string; readonly ok: boolean; readonly detail?: string }
  | { readonly kind: 'problems'; readonly diagnostics: readonly Diagnostic[] }
  | CallNews;

/** `of`: the task that says it, where one does; several may be at work. */
export type Report = (news: News, of?: TaskId) => void;

// Everything that can happen to a task, as one line of the log (design.md §7). Does not know where the lines go.

export const EVENT_TYPES = [
  'START_TASK',
  'COMPLETE_TASK',
  'ERROR_TASK',
  'SKIP_TASK',
  'AI_PROMPT_SENT',
  'AI_RESPONSE_RECEIVED',
  'MANUAL_ACTION',
  'TASK_READY',
  'TASK_RELEASED',
  'TASK_INTERRUPTED',
  'TASK_RETRIED',
  'TASK_RESET',
  'STATUS_EDITED',
  'TASK_EDITED',
  'EDIT_CONFLICT',
  'CHECK_FAILED',
  'STATE_IMPORTED',
  'UNDONE',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What a caller says; the log adds time, order, run and actor. */
export type NewEvent = {
  readonly task_id: string;
  readonly event_type: EventType;
  /** `READY -> RUNNING`. */
  readonly status_change?: string;
  readonly details?: Readonly<Record<string, unknown>>;
};

/** A line before it has its place in the log. */
export type LogLine = Omit<LogEvent, 'seq'>;

export type LogEvent = {
  readonly seq: number;
  readonly timestamp: string;
  readonly task_id: string;
  readonly event_type: EventType;
  readonly status_change?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly run_id: string;
  /** Who did it: `person`, `orchestrate`, or `--yes`. */
  readonly actor: string;
};

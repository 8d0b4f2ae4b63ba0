// The fixed words of the file format (design.md §2, §3). Apart from the shapes, so that naming them loads no checker.

export const STATUSES = ['PENDING', 'READY', 'RUNNING', 'DONE', 'ERROR', 'SKIPPED'] as const;
export const TASK_TYPES = ['MANUAL', 'AI_ASSISTED', 'AUTOMATED_SCRIPT'] as const;
export const ISSUE_TYPES = [
  'GENERATION_ERROR',
  'VALIDATION_FAIL',
  'MANUAL_BLOCKER',
  'SCRIPT_ERROR',
  'INTERRUPTED',
] as const;
export const PROVIDERS = ['openai', 'replay', 'paste'] as const;

export type Status = (typeof STATUSES)[number];
export type TaskType = (typeof TASK_TYPES)[number];
export type IssueType = (typeof ISSUE_TYPES)[number];

// What a person changed of the tasks themselves since the last command: their definitions and templates, seen by a mark of each.
// Knows no state.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { sha256 } from '../base/hash.ts';
import { ok, type Result } from '../base/result.ts';
import type { NewEvent } from '../events/types.ts';
import type { Remembered } from '../journal/journal.ts';
import { readPlain } from '../runbook/plain.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { readText } from '../system/files.ts';
import { QUICKIE_FILE } from '../templates/quickie/types.ts';
import type { Session } from './session.ts';

/** Once a command: what a person changed of the tasks themselves since the last one (design.md §3, Hand edits). */
export function noteDefinitions(session: Session, runbook: Runbook): Result<undefined, Failure> {
  const remembered = session.ledger.remembered();
  if (!remembered.ok) return remembered;
  const changed = new Map<string, Remembered>();
  const events: NewEvent[] = [];
  for (const task of runbook.tasks) {
    const before = remembered.value.get(task.id);
    const definition = definitionMark(session.root, task);
    const part = changedPart(before?.definition, definition);
    if (before?.definition === undefined)
      session.ledger.observe(new Map([[task.id, { status: task.status, definition }]]));
    if (part === undefined) continue;
    changed.set(task.id, { status: before?.status ?? task.status, definition });
    events.push({ task_id: task.id, event_type: 'TASK_EDITED', details: { part } });
  }
  if (events.length === 0) return ok(undefined);
  session.report({ kind: 'note', message: `changed by hand: ${listOf(events)}` });
  const noted = session.ledger.note(events, 'person');
  return noted.ok ? session.ledger.remember(changed) : noted;
}

function listOf(events: readonly NewEvent[]): string {
  const of = (part: string) => events.filter(({ details }) => details?.part === part).map(({ task_id }) => task_id);
  return (['definition', 'template'] as const)
    .flatMap((part) => (of(part).length === 0 ? [] : `the ${part} of ${of(part).join(', ')}`))
    .join('; ');
}

/** Two marks with a dot between: of the definition in both YAML files, and of the prompt templates. What the program writes is not in it. */
function definitionMark(root: string, task: Task): string {
  const {
    status: _s,
    detailStatus: _d,
    lastRun: _l,
    issues: _i,
    index: _n,
    allowSkipped: _a,
    detail,
    ...definition
  } = task;
  return `${hash(JSON.stringify([definition, detail?.file]))}.${hash(templatesOf(root, task).join('\0'))}`;
}

function templatesOf(root: string, { work }: Task): string[] {
  if (work?.type !== 'AI_ASSISTED') return [];
  const { prompt_template: main, fallback_prompt_template: fallback, quickie } = work.ai;
  const texts = [main, fallback].map((file) => (file === undefined ? '' : textOf(root, file)));
  return quickie === undefined ? texts : [...texts, quickieText(root, quickie)];
}

function textOf(root: string, file: string): string {
  const text = readText(path.join(root, file));
  return text.ok ? text.value : '';
}

/** The template alone, so that a change of another one does not count; where that takes a parser, the file as a whole. */
function quickieText(root: string, name: string): string {
  const file = textOf(root, QUICKIE_FILE);
  const data = readPlain(file)?.data as { quickie_templates?: Record<string, { prompt?: unknown }> } | null | undefined;
  const entry = data?.quickie_templates?.[name];
  if (entry === undefined) return file;
  const prompt = String(entry.prompt);
  return (
    JSON.stringify(entry) + (prompt.startsWith('@') ? textOf(root, path.join('prompt_templates', prompt.slice(1))) : '')
  );
}

function hash(text: string): string {
  return sha256(text).slice(0, 16);
}

/** What of a task was changed; undefined where nothing was, or nothing is known of it. */
function changedPart(before: string | undefined, now: string): 'definition' | 'template' | undefined {
  if (before === undefined || before === now) return undefined;
  return before.split('.')[0] === now.split('.')[0] ? 'template' : 'definition';
}

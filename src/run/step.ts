// What one step of the ledger changes in the files, as data that can be kept, carried out again after a crash, and taken back. Pure.
//
// Each change says what it was made from and what it makes, never at which byte: a person may edit the same files meanwhile. Carrying
// out what stands there already changes nothing.

import { isDeepStrictEqual } from 'node:util';
import type { Failure } from '../base/failure.ts';
import { sha256 } from '../base/hash.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { PlainValue, YamlEdit } from '../runbook/patch.ts';
import { entryOf, type FileEdit } from '../runbook/store.ts';
import { STATUSES, type Status } from '../runbook/words.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';

export type Plain = { readonly [key: string]: PlainValue };

export type TaskChange = {
  readonly taskId: string;
  readonly from: Status;
  readonly to: Status;
  /** What it was before a person set it to `from`. */
  readonly was?: Status;
  /** The detail file and the status that it had; undefined where nothing can be written there. */
  readonly detail?: { readonly file: string; readonly from: Status | null };
  /** Further keys of the entry. */
  readonly entry?: Plain;
  readonly lastRun?: Plain;
  readonly issue?: Plain;
  /** Written as the `resolution` of the issues with these marks. */
  readonly resolution?: { readonly text: string; readonly issues: readonly string[] };
  /** Takes back what earlier changes wrote. */
  readonly restore?: Restore;
};

/** What stood before, and the marks of the issues that came since. */
export type Restore = {
  readonly entry?: Former['entry'];
  readonly detail?: Former['detail'];
  readonly addedIssues: readonly string[];
  /** What was written as `last_run`, and as resolutions: only what still is as it was written is taken back. */
  readonly lastRun: Plain | null;
  readonly resolved: readonly { readonly mark: string; readonly text: string }[];
  /** A person's edit is taken back: its status is not among what stood before. */
  readonly ofHand: boolean;
};

/** What stood in the files before; a key that was not there is missing here. */
export type Former = {
  readonly taskId: string;
  readonly entry?: Readonly<Record<string, unknown>>;
  readonly detail?: {
    readonly status?: unknown;
    readonly last_run?: unknown;
    /** Each issue by its mark, with the resolution that it had, if any. */
    readonly issues?: readonly { readonly mark: string; readonly resolution?: unknown }[];
  };
};

/** Tells an issue from others, whatever was written as its resolution; says nothing of its text. */
export function markOf(issue: Readonly<Record<string, unknown>>): string {
  const { timestamp = null, type = null, detail = null } = issue;
  return sha256(JSON.stringify([timestamp, type, detail])).slice(0, 16);
}

/** A task whose files do not stand where the change began: a person was there, and their value stays. */
export type Overruled = { readonly taskId: string; readonly file: string; readonly now: Status | 'gone' };

export type StepEdits = {
  /** The detail files first and the runbook last: it is the one that decides. */
  readonly files: readonly FileEdit[];
  /** Filled when the files are planned. */
  readonly former: Former[];
  readonly overruled: Overruled[];
};

/** All changes of one task, in their order. */
type OfTask = { readonly taskId: string; readonly changes: readonly TaskChange[]; readonly to: Status };

export function editsOf(changes: readonly TaskChange[]): StepEdits {
  const former: Former[] = [];
  const overruled: Overruled[] = [];
  const tasks = [...Map.groupBy(changes, ({ taskId }) => taskId)].map(
    ([taskId, own]): OfTask => ({ taskId, changes: own, to: own.at(-1)?.to ?? 'PENDING' }),
  );
  const details = tasks.flatMap((task): FileEdit[] => {
    const file = task.changes.findLast(({ detail }) => detail)?.detail?.file;
    if (file === undefined) return [];
    return [
      {
        file,
        edits: (data) => {
          const wrong = whyUnusable(data);
          return wrong === undefined
            ? ok(detailEdits({ task, file }, data, { former, overruled }))
            : unusable(file, wrong);
        },
      },
    ];
  });
  const entries = tasks.filter(({ changes: own }) =>
    own.some(({ from, to, entry, restore }) => from !== to || entry || restore),
  );
  const runbook: FileEdit = {
    file: RUNBOOK_FILE,
    edits: (data): Result<YamlEdit[], Failure> =>
      ok(entries.flatMap((task) => entryEdits(task, data, { former, overruled }))),
  };
  return { files: entries.length > 0 ? [...details, runbook] : details, former, overruled };
}

type Found = Pick<StepEdits, 'former' | 'overruled'>;

function entryEdits({ taskId, changes, to }: OfTask, data: unknown, { former, overruled }: Found): YamlEdit[] {
  const found = entryOf(data, taskId);
  if (found === undefined) {
    overruled.push({ taskId, file: RUNBOOK_FILE, now: 'gone' });
    return [];
  }
  const { index, entry } = found;
  const now = (entry.status ?? 'PENDING') as Status;
  if (!changes.some((change) => change.from === now || change.to === now)) {
    overruled.push({ taskId, file: RUNBOOK_FILE, now });
    return [];
  }
  const others = Object.assign({}, ...changes.map((change) => change.entry)) as Plain;
  former.push({ taskId, entry: pick(entry, ['status', ...Object.keys(others)]) });
  const status: YamlEdit[] = now === to ? [] : [{ kind: 'set', path: ['tasks', index, 'status'], value: to }];
  const rest = Object.entries(others).map(
    ([key, value]): YamlEdit => ({ kind: 'set', path: ['tasks', index, key], value }),
  );
  const restored = changes.flatMap(({ restore }) => back(restore?.entry ?? {}, ['tasks', index]));
  return [...rest, ...status, ...restored];
}

/** Why what a file says cannot take an edit: nobody has checked it since it was read. */
function whyUnusable(data: unknown): string | undefined {
  if (data === null || data === undefined) return undefined;
  if (!isMapping(data)) return 'it holds no mapping';
  const { status = null, issues = null } = data;
  if (status !== null && !(STATUSES as readonly unknown[]).includes(status)) return '"status" is none that there is';
  if (issues !== null && !(Array.isArray(issues) && issues.every(isMapping))) return '"issues" is no list of mappings';
  return undefined;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unusable(file: string, why: string): Result<never, Failure> {
  const diagnostic = {
    severity: 'error',
    code: 'unusable-detail',
    message: `${file}: ${why}`,
    place: { file },
  } as const;
  return err({
    code: 'problems',
    diagnostics: [{ ...diagnostic, advice: 'mend it: "orchestrate validate" shows the place' }],
  });
}

type DetailData = {
  readonly status?: Status | null;
  readonly last_run?: unknown;
  readonly issues?: readonly Plain[] | null;
};

function detailEdits({ task, file }: { task: OfTask; file: string }, data: unknown, found: Found): YamlEdit[] {
  const { taskId, changes, to } = task;
  const detail = (data ?? {}) as DetailData;
  const now = detail.status ?? null;
  const expected = changes.some((change) => change.detail?.from === now || change.to === now || change.from === now);
  if (!expected && now !== null) {
    found.overruled.push({ taskId, file, now });
    return [];
  }
  // It holds the outcome already, and that was written in one piece with its status: a person has set another since.
  const outcome = changes.at(-1)?.lastRun;
  if (now !== to && outcome !== undefined && isStill(detail.last_run, outcome)) return [];
  const issues = detail.issues ?? [];
  found.former.push({ taskId, detail: formerDetail(detail) });
  const status: YamlEdit[] = now === to ? [] : [{ kind: 'set', path: ['status'], value: to }];
  return [...status, ...changes.flatMap((change) => contentEdits(change, issues, detail.last_run))];
}

function contentEdits(change: TaskChange, issues: readonly Plain[], last: unknown): YamlEdit[] {
  if (change.restore) return restoredDetail(change, issues, last);
  const { resolution, lastRun, issue } = change;
  const resolved = issues.flatMap((one, index): YamlEdit[] =>
    resolution === undefined || one.resolution || !resolution.issues.includes(markOf(one))
      ? []
      : [{ kind: 'set', path: ['issues', index, 'resolution'], value: resolution.text }],
  );
  const ran: YamlEdit[] =
    lastRun === undefined || isDeepStrictEqual(last, lastRun)
      ? []
      : [{ kind: 'set', path: ['last_run'], value: lastRun }];
  const added: YamlEdit[] =
    issue === undefined || issues.some((one) => markOf(one) === markOf(issue))
      ? []
      : [{ kind: 'append', path: ['issues'], value: issue }];
  return [...resolved, ...ran, ...added];
}

function formerDetail(detail: DetailData): NonNullable<Former['detail']> {
  const issues = detail.issues?.map((issue) => ({ mark: markOf(issue), ...pick(issue, ['resolution']) }));
  return { ...pick(detail, ['status', 'last_run']), ...(issues ? { issues } : {}) };
}

/** `null` stands for a key that was not there: JSON has nothing else for it. */
function back(former: Readonly<Record<string, unknown>>, path: readonly (string | number)[]): YamlEdit[] {
  return Object.entries(former).map(
    ([key, value]): YamlEdit =>
      value === null
        ? { kind: 'remove', path: [...path, key] }
        : { kind: 'set', path: [...path, key], value: value as PlainValue },
  );
}

/** Issues that were added go, from the last; those that were resolved are as they were. */
function restoredDetail({ restore }: TaskChange, issues: readonly Plain[], last: unknown): YamlEdit[] {
  if (restore?.detail === undefined) return [];
  const { status = null, last_run = null, issues: former = [] } = restore.detail;
  const added = issues.flatMap((issue, index) => (restore.addedIssues.includes(markOf(issue)) ? [index] : []));
  const removed: YamlEdit[] =
    added.length === issues.length && restore.detail.issues === undefined
      ? [{ kind: 'remove', path: ['issues'] }]
      : added.toReversed().map((index) => ({ kind: 'remove', path: ['issues', index] }));
  const resolved = issues.flatMap((issue, index): YamlEdit[] => {
    const before = former.find(({ mark }) => mark === markOf(issue));
    const written = restore.resolved.find(({ mark }) => mark === markOf(issue))?.text;
    if (before === undefined || added.includes(index) || written === undefined || issue.resolution !== written)
      return [];
    return 'resolution' in before
      ? [{ kind: 'set', path: ['issues', index, 'resolution'], value: before.resolution as PlainValue }]
      : [{ kind: 'remove', path: ['issues', index, 'resolution'] }];
  });
  const ran = restore.lastRun !== null && isStill(last, restore.lastRun) ? { last_run } : {};
  const stood = restore.ofHand ? ran : { status, ...ran };
  return [...back(stood, []), ...resolved, ...removed];
}

/** Of an answer that was deleted from the history, the journal no longer knows the beginning: null stands in its place. */
function isStill(last: unknown, written: Plain): boolean {
  if (written.llm_response !== null || typeof last !== 'object' || last === null)
    return isDeepStrictEqual(last, written);
  return isDeepStrictEqual({ ...last, llm_response: null }, written);
}

function pick(data: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => keys.includes(key)));
}

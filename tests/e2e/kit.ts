// Small projects for end-to-end tests, and what they left behind in a form that can be compared.
import type { Project } from '../rig/project.ts';

export type TaskFiles = {
  readonly id: string;
  /** Default: a script. */
  readonly type?: 'MANUAL' | 'AUTOMATED_SCRIPT';
  /** Further keys of the entry, as the inside of a flow mapping: `depends_on: [a], hold: true`. */
  readonly entry?: string;
  /** The rest of the detail file; a manual task without it has none. */
  readonly detail?: string;
};

/** A runbook with one entry a line, named after its id. */
export function filesOf(tasks: readonly TaskFiles[], head = ''): Record<string, string> {
  const files: Record<string, string> = {};
  const entries = tasks.map(({ id, type = 'AUTOMATED_SCRIPT', entry, detail }) => {
    if (detail !== undefined) files[`tasks/${id}.yaml`] = `id: ${id}\n${detail}\n`;
    const parts = [
      `id: ${id}`,
      `name: Task ${id}`,
      `type: ${type}`,
      ...(detail === undefined ? [] : [`task_detail_file: tasks/${id}.yaml`]),
      ...(entry === undefined ? [] : [entry]),
    ];
    return `  - {${parts.join(', ')}}\n`;
  });
  return { 'runbook.yaml': `${head}tasks:\n${entries.join('')}`, ...files };
}

/** Times and durations differ from run to run: `TIME`, `N ms`. */
export function stable(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
    .replace(/\b\d+(\.\d+)? (ms|s)\b/g, 'N ms')
    .replace(/(duration_ms"?: ?)\d+/g, '$1N');
}

/** The log as `task EVENT status change`, one a line; throws where `seq` does not count from 1. */
export async function story(project: Project): Promise<string[]> {
  const events = await project.log();
  const wrong = events.find((event, index) => event['seq'] !== index + 1);
  if (wrong !== undefined) throw new Error(`seq does not count on at ${JSON.stringify(wrong)}`);
  return events.map(({ task_id, event_type, status_change }) =>
    [task_id ?? '', event_type, ...(typeof status_change === 'string' ? [status_change] : [])].join(' '),
  );
}

/** The status of each task in runbook.yaml, for runbooks of `filesOf`; no status is PENDING. */
export async function statuses(project: Project): Promise<Record<string, string>> {
  const rows = [...(await project.read('runbook.yaml')).matchAll(/\{id: ([^,}]+)(.*)\}/g)];
  return Object.fromEntries(rows.map(([, id = '', rest = '']) => [id, /status: (\w+)/.exec(rest)?.[1] ?? 'PENDING']));
}

/** Replaces a part of a file that must be there, as a person in an editor does. */
export async function edit(project: Project, file: string, from: string, to: string): Promise<void> {
  const text = await project.read(file);
  if (!text.includes(from)) throw new Error(`${file} does not hold ${JSON.stringify(from)}:\n${text}`);
  await project.write(file, text.replace(from, to));
}

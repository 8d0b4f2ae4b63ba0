// `orchestrate logs`: the events of a project, filtered, followed. Reads only.

import path from 'node:path';
import { type App, openProject } from '../app.ts';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { count, didYouMean, oneLine, shorten } from '../base/text.ts';
import { parseTime, TIME_ADVICE } from '../base/when.ts';
import { followLog } from '../events/follow.ts';
import { LOG_FILE, parseLog } from '../events/log.ts';
import { EVENT_TYPES, type EventType, type LogEvent } from '../events/types.ts';
import { listFolder, readText } from '../system/files.ts';
import { writeJson } from '../terminal/io.ts';
import type { Style } from '../terminal/style.ts';
import { fail } from './outcome.ts';

export type LogsOptions = {
  readonly id?: string | undefined;
  readonly event?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly lines?: number;
  readonly follow?: boolean;
  readonly output?: boolean;
};

export async function logs(app: App, options: LogsOptions): Promise<number> {
  const project = openProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { root } = project.value;
  if (options.output) return showOutput(app, root, options.id);
  const wanted = filterOf(options);
  if (!wanted.ok) return fail(app.io, wanted.error);
  const file = path.join(root, LOG_FILE);
  const text = readText(file);
  if (!text.ok && text.error.errno !== 'ENOENT') return fail(app.io, text.error);
  const written = text.ok ? text.value : '';
  // Of a line that is being written just now the rest comes while we follow.
  const read = options.follow ? written.slice(0, written.lastIndexOf('\n') + 1) : written;
  const { events, unreadable } = parseLog(read);
  const matching = events.filter(wanted.value);
  const shown = options.lines === undefined ? matching : matching.slice(-options.lines);
  if (unreadable > 0)
    app.io.err(`${app.io.errStyle.warn('warning')}: ${count(unreadable, 'line')} of ${LOG_FILE} cannot be read\n`);
  if (app.io.json && !options.follow) {
    writeJson(app.io, { events: shown });
    return 0;
  }
  const print = (event: LogEvent) => app.io.out(app.io.json ? `${JSON.stringify(event)}\n` : draw(event, app.io.style));
  if (shown.length === 0 && !options.follow) app.io.err('No such events.\n');
  for (const event of shown) print(event);
  if (options.follow)
    await followLog(file, {
      from: Buffer.byteLength(read),
      signal: app.signal,
      onEvent: (event) => wanted.value(event) && print(event),
    });
  return 0;
}

type Filter = (event: LogEvent) => boolean;

function filterOf(options: LogsOptions): Result<Filter, Failure> {
  for (const type of options.event ?? []) {
    if ((EVENT_TYPES as readonly string[]).includes(type)) continue;
    const advice = didYouMean(type, EVENT_TYPES) ?? `the types are ${EVENT_TYPES.join(', ')}`;
    return err({ code: 'usage', message: `there is no event type "${type}"`, advice });
  }
  const since = options.since === undefined ? undefined : parseTime(options.since);
  const until = options.until === undefined ? undefined : parseTime(options.until);
  if (Number.isNaN(since) || Number.isNaN(until)) {
    return err({
      code: 'usage',
      message: `"${Number.isNaN(since) ? options.since : options.until}" is no time`,
      advice: TIME_ADVICE,
    });
  }
  return ok((event) => {
    const time = Date.parse(event.timestamp);
    return (
      (options.id === undefined || event.task_id === options.id) &&
      (options.event === undefined || options.event.includes(event.event_type satisfies EventType)) &&
      (since === undefined || time >= since) &&
      (until === undefined || time <= until)
    );
  });
}

/** Lines that another program or a person wrote may lack parts, or hold anything. */
function told(value: unknown): string {
  return typeof value === 'string' ? oneLine(value) : '-';
}

function draw(event: LogEvent, style: Style): string {
  const change = event.status_change ? ` ${told(event.status_change)}` : '';
  // The receipt is for programs; "why" and "verify" say what is in it.
  const { receipt: _, ...said } = event.details ?? {};
  const details = Object.keys(said).length > 0 ? ` ${style.dim(shorten(oneLine(JSON.stringify(said)), 160))}` : '';
  const color =
    event.event_type === 'ERROR_TASK' || event.event_type === 'TASK_INTERRUPTED'
      ? style.bad
      : event.event_type === 'COMPLETE_TASK'
        ? style.good
        : (text: string) => text;
  return `${style.dim(told(event.timestamp))} ${color(told(event.event_type))} ${style.bold(told(event.task_id))}${change}${details}\n`;
}

async function showOutput(app: App, root: string, id: string | undefined): Promise<number> {
  if (id === undefined)
    return fail(app.io, {
      code: 'usage',
      message: '--output needs the id of a task',
      advice: 'orchestrate logs ID --output',
    });
  const folder = path.join('logs', 'tasks', id);
  const latest = (await listFolder(path.join(root, folder)))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .at(-1);
  if (latest === undefined || id.includes('/'))
    return fail(app.io, {
      code: 'usage',
      message: `there is no script output of "${id}"`,
      advice: 'it is kept when a script runs, in logs/tasks/',
    });
  const text = readText(path.join(root, folder, latest));
  if (!text.ok) return fail(app.io, text.error);
  app.io.out(text.value);
  return 0;
}

// Shows the news of a run to a program: one JSON object a line on stdout. Text that streams is left out; it is in the log and history.

import type { Redactor } from '../base/secrets.ts';
import type { News, Report } from '../run/ports.ts';
import { timestamp } from '../system/clock.ts';
import type { Io } from './io.ts';
import { jsonDiagnostic, jsonPlace } from './json.ts';

/** Scripts' own output goes to stderr, so that stdout holds nothing but events. */
export function createJsonReporter(io: Io, redactor: Redactor): Report {
  return (news, of) => {
    if (news.kind === 'script-output') return io.err(news.text);
    // Every event says whose it is.
    if (news.kind === 'model-text' || news.kind === 'task-goes-on') return undefined;
    const event = {
      schema_version: 1,
      event: news.kind.replaceAll('-', '_'),
      timestamp: timestamp(),
      ...(of === undefined ? {} : { task_id: of }),
      ...plain(news),
    };
    return io.out(`${JSON.stringify(redactor.value(event))}\n`);
  };
}

function plain(news: News): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(news)) {
    if (key === 'kind') continue;
    if (key === 'task') {
      const task = value as { id: string; name: string; type: string };
      Object.assign(fields, { task_id: task.id, name: task.name, type: task.type });
    } else if (news.kind === 'halted' && key === 'place') fields.place = news.place && jsonPlace(news.place);
    else if (news.kind === 'problems') fields.problems = news.diagnostics.map(jsonDiagnostic);
    else fields[key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)] = value;
  }
  return fields;
}

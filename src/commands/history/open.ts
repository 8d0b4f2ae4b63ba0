// What every history command begins with: the project, its secrets, the filter of its options, a call by the beginning of its id.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Redactor } from '../../base/secrets.ts';
import { parseTime, TIME_ADVICE } from '../../base/when.ts';
import type { CallFilter } from '../../history/filter.ts';
import type { Found, HistoryReader } from '../../history/reader.ts';
import { openHome } from '../../home.ts';
import type { Environment } from '../../system/environment.ts';

export type FilterOptions = {
  readonly source?: string;
  readonly task?: string;
  readonly template?: string;
  readonly hash?: string;
  readonly model?: string;
  readonly status?: string;
  readonly since?: string;
  readonly until?: string;
};

export type Place = {
  /** Where the history lies. */
  readonly root: string;
  /** Where `config/` lies. */
  readonly configRoot: string;
  readonly userRoot: string;
  readonly environment: Environment;
  readonly redactor: Redactor;
  /** `ai: base_url`. */
  readonly baseUrl: string | undefined;
};

/** The project, or the user's own history outside of one. */
export async function openPlace(app: App): Promise<Result<Place, Failure>> {
  const home = await openHome(app);
  if (!home.ok) return home;
  const { root: configRoot, userRoot, dataRoot: root, environment, redactor, ai } = home.value;
  return ok({ root, configRoot, userRoot, environment, redactor, baseUrl: ai.baseUrl });
}

/** What `use` gives for the project's history; it is closed afterwards. Undefined is a project without one. */
export async function withReader<T>(
  app: App,
  use: (reader: HistoryReader | undefined, place: Place) => Result<T, Failure>,
): Promise<Result<T, Failure>> {
  const place = await openPlace(app);
  if (!place.ok) return place;
  const { openReader } = await import('../../history/reader.ts');
  const reader = openReader(place.value.root, place.value.redactor);
  if (!reader.ok) return reader;
  try {
    return use(reader.value, place.value);
  } finally {
    reader.value?.close();
  }
}

export function filterOf(options: FilterOptions): Result<CallFilter, Failure> {
  const { source, task, template, hash, model, status } = options;
  const filter: Record<string, string> = {};
  for (const [name, value] of Object.entries({ source, task, template, hash, model, status }))
    if (value !== undefined) filter[name] = value;
  for (const name of ['since', 'until'] as const) {
    const text = options[name];
    if (text === undefined) continue;
    const time = timeOf(text);
    if (!time.ok) return time;
    filter[name] = time.value;
  }
  return ok(filter);
}

/** ISO 8601 in UTC. */
export function timeOf(text: string): Result<string, Failure> {
  const time = new Date(parseTime(text));
  if (Number.isNaN(time.getTime())) return err({ code: 'usage', message: `"${text}" is no time`, advice: TIME_ADVICE });
  return ok(time.toISOString());
}

/** The one id that was meant, or why there is none. */
export function oneId(prefix: string, found: Found): Result<string, Failure> {
  switch (found.kind) {
    case 'one':
      return ok(found.id);
    case 'none':
      return err(unknownCall(prefix));
    case 'several': {
      const message = `"${prefix}" begins the ids of several calls: ${found.ids.join(', ')}${found.more ? ', …' : ''}`;
      return err({ code: 'usage', message, advice: 'write more of the id' });
    }
  }
}

export function unknownCall(prefix: string): Failure {
  const message = `there is no call whose id begins with "${prefix}"`;
  return { code: 'usage', message, advice: '"orchestrate history list" shows the ids' };
}

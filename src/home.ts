// Wiring for commands that call models outside of a run: a project, or the user's own folders where there is none. Opens nothing
// before it is used, takes no lock and changes no task.

import { type App, lazyCalls, openProject, terminalPerson } from './app.ts';
import type { Failure } from './base/failure.ts';
import { ok, type Result } from './base/result.ts';
import { createRedactor, type Redactor } from './base/secrets.ts';
import type { ModelCalls } from './calls/service.ts';
import type { CallFlags } from './calls/types.ts';
import type { CallStore } from './history/calls.ts';
import type { Person } from './run/ports.ts';
import { secretsOf } from './run/secrets.ts';
import { loadSettings } from './runbook/store.ts';
import type { AiSettings } from './runbook/task.ts';
import { readUserSettings } from './runbook/user-settings.ts';
import { afterwards, newId } from './system/clock.ts';
import { createEnvironment, type Environment } from './system/environment.ts';
import { userConfigFolder, userDataFolder } from './system/paths.ts';

/** Where prompts and quickies are looked for and their calls are kept (design.md §2). */
export type Home = {
  readonly kind: 'project' | 'user';
  /** Templates, `config/` and recordings; their paths stay inside it. */
  readonly root: string;
  /** `.orchestrate/history.db` lies in it. */
  readonly dataRoot: string;
  /** The user's own configuration folder: what the project does not have is looked for there. */
  readonly userRoot: string;
  readonly environment: Environment;
  readonly redactor: Redactor;
  readonly ai: AiSettings;
  /** A file of variables that several projects share, absolute; the user's settings name it. */
  readonly organisationVariables: string | undefined;
};

export async function openHome(app: App): Promise<Result<Home, Failure>> {
  const userRoot = userConfigFolder(app.env);
  const settings = await readUserSettings(userRoot);
  if (!settings.ok) return settings;
  const { organisationVariables } = settings.value;
  const project = openProject(app);
  // A folder that was named must be a project; elsewhere the user's own prompts serve.
  if (!project.ok && (project.error.code !== 'no-project' || app.folder !== undefined)) return project;
  if (!project.ok) {
    const environment = createEnvironment(userRoot, app.env);
    const redactor = createRedactor(environment.secrets([]));
    app.protect(redactor);
    const dataRoot = userDataFolder(app.env);
    const { ai } = settings.value;
    return ok({ kind: 'user', root: userRoot, dataRoot, userRoot, environment, redactor, ai, organisationVariables });
  }
  const { root, environment } = project.value;
  // The runbook may name secrets, so one that cannot be read is a failure: its secrets could not be kept.
  const loaded = await loadSettings(root);
  if (!loaded.ok) return loaded;
  const redactor = createRedactor(secretsOf(root, environment, loaded.value));
  app.protect(redactor);
  const model = loaded.value.ai.model ?? settings.value.ai.model;
  const ai = model === undefined ? loaded.value.ai : { ...loaded.value.ai, model };
  return ok({ kind: 'project', root, dataRoot: root, userRoot, environment, redactor, ai, organisationVariables });
}

export type OpenHome = Home & {
  /** Of this command: its calls are summed and budgeted under it unless they belong to a conversation. */
  readonly runId: string;
  readonly signal: AbortSignal;
  /** Undefined without a terminal: then nothing may be asked. */
  readonly person: Person | undefined;
  readonly calls: () => Promise<Result<CallStore, Failure>>;
  readonly models: ModelCalls;
  readonly close: () => void;
};

/** What is at the server when a command with many calls is told to end has this long: it is paid for in any case. */
export const GRACE_MS = 8000;

/**
 * A home from which models can be called; `close` it at the end. `runId` where the calls belong to something that is older; `grouped`
 * where many are made at the same time.
 */
export async function openModels(
  app: App,
  home: Home,
  { flags = {}, runId = newId(), grouped = false }: { flags?: CallFlags; runId?: string; grouped?: boolean },
): Promise<OpenHome> {
  const { createModelCalls } = await import('./calls/service.ts');
  const { environment, redactor } = home;
  const store = lazyCalls(home.dataRoot, redactor);
  const person = app.io.interactive ? await terminalPerson(app, environment, redactor) : undefined;
  const ending = grouped ? afterwards(app.signal, GRACE_MS) : undefined;
  const models = createModelCalls({
    root: home.root,
    userRoot: home.userRoot,
    runId,
    environment,
    redactor,
    signal: ending?.signal ?? app.signal,
    stops: app.signal,
    person,
    asked: app.provider,
    flags,
    calls: store.open,
    grouped,
  });
  const close = (): void => {
    ending?.release();
    store.close();
  };
  return { ...home, runId, signal: app.signal, person, calls: store.open, models, close };
}

// Wiring: from the options of one invocation to a project, and to a session that may change it. The only file that names concrete
// adapters; each is opened when it is first used.

import path from 'node:path';
import type { Failure } from './base/failure.ts';
import { err, ok, type Result } from './base/result.ts';
import { createRedactor, type Redactor } from './base/secrets.ts';
import { createTurns } from './base/turns.ts';
import type { CallParts, ModelCalls } from './calls/service.ts';
import type { CallFlags } from './calls/types.ts';
import type { CallStore } from './history/calls.ts';
import { STATE_DB } from './journal/file.ts';
import type { Journal, RunningRow } from './journal/journal.ts';
import type { ProjectLock } from './journal/lock.ts';
import type { ProviderName } from './model/provider.ts';
import type { Person, Report } from './run/ports.ts';
import type { Note } from './run/receipts/watch.ts';
import { secretsOf } from './run/secrets.ts';
import type { Session } from './run/session.ts';
import type { GivenVars } from './run/vars.ts';
import { createFileCache, type FileCache } from './runbook/file-cache.ts';
import { readIndex } from './runbook/file-index.ts';
import { loadRunbook, whenSaved } from './runbook/store.ts';
import type { Runbook } from './runbook/task.ts';
import { newId } from './system/clock.ts';
import { createEnvironment, type Environment } from './system/environment.ts';
import { exists, fileId, fileInfo } from './system/files.ts';
import { currentFolder, findRoot, ownedByOther } from './system/paths.ts';
import { filteredIo, type Io } from './terminal/io.ts';

declare const __BUILD__: string;

/** What every command is given. */
export type App = {
  readonly io: Io;
  readonly env: NodeJS.ProcessEnv;
  /** `-C DIR`. */
  readonly folder: string | undefined;
  readonly provider: ProviderName | undefined;
  /** Fires on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** As if Ctrl-C had been pressed. */
  readonly interrupt: () => void;
  /** What the process ends with when the command gives this: a signal that has come counts for more than most. */
  readonly exitCode: (code: number) => number;
  /** While another program has the terminal, Ctrl-C is for that program alone. */
  readonly withoutInterrupts: <T>(work: () => Promise<T>) => Promise<T>;
  /** Ctrl-C ends this piece of work alone, by the signal that it is given; a second one, and every other signal, ends everything. */
  readonly interruptible: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** From now on no secret that it knows leaves through `io`. */
  readonly protect: (redactor: Redactor) => void;
};

export type Project = { readonly root: string; readonly environment: Environment };

/** The project at or above the current folder, or the one that `-C` names. */
export function openProject(app: App): Result<Project, Failure> {
  const here = currentFolder();
  if (here === undefined)
    return err({ code: 'usage', message: 'the current folder was deleted', advice: 'change to a folder that exists' });
  const from = path.resolve(here, app.folder ?? '.');
  if (!fileInfo(from)?.isDirectory) return err({ code: 'usage', message: `-C: ${from} is not a folder` });
  const root = findRoot(from);
  if (root === undefined) return err({ code: 'no-project', from });
  if (app.folder === undefined && ownedByOther(root)) return err({ code: 'foreign-root', root });
  const environment = createEnvironment(root, app.env);
  app.protect(createRedactor(environment.secrets([])));
  return ok({ root, environment });
}

/** `note`: what was noted of the project as it is. */
export type ReadProject = Project & { readonly runbook: Runbook; readonly note?: Note | undefined };

/**
 * The runbook for a command that only reads: hand edits are seen but not written. One that goes on to change things gives `files`, which
 * gets all that is read; what only looks takes from the index what need not be read.
 */
export async function readProject(app: App, files?: FileCache): Promise<Result<ReadProject, Failure>> {
  const project = openProject(app);
  if (!project.ok) return project;
  const { root } = project.value;
  const index = files ? undefined : readIndex(root, __BUILD__);
  const whole = index?.whole();
  const read = () => whenSaved(() => loadRunbook(root, files, index));
  const loaded = whole ? ok(whole.runbook) : await read();
  if (!loaded.ok) return loaded;
  app.protect(createRedactor(secretsOf(root, project.value.environment, loaded.value)));
  const { filesDisagree } = await import('./run/reconcile.ts');
  if (!filesDisagree(loaded.value))
    return ok({ ...project.value, runbook: loaded.value, note: whole?.note as Note | undefined });
  const { readBeside } = await import('./run/beside.ts');
  const counting = await readBeside(root, loaded.value, read);
  return counting.ok ? ok({ ...project.value, runbook: counting.value }) : counting;
}

/** `--wait` (as long as it takes) or `--wait SECONDS`. */
export type WaitOption = true | number;

function waitMs(wait: WaitOption | undefined): number {
  return wait === undefined ? 0 : wait === true ? Number.POSITIVE_INFINITY : wait * 1000;
}

export type SessionOptions = {
  /** What the command has read already. */
  readonly files?: FileCache;
  readonly yes?: boolean;
  /** What else is done with the news of a run: gives the reporter to use instead of the usual one. */
  readonly around?: (report: Report, redactor: Redactor) => Report;
  /** See `Session`. */
  readonly states?: string;
  /** See `Session`: nobody is asked, whatever terminal there is. */
  readonly unattended?: boolean;
  readonly report?: Report;
  /** Answers given beforehand instead of a terminal. */
  readonly person?: Person;
  /** See `Session`. */
  readonly vars?: GivenVars;
  readonly keep?: 'files' | 'journal' | undefined;
  /** What holds for all its model calls. */
  readonly calls?: CallFlags;
  /** How long to wait for another orchestrate. */
  readonly wait?: WaitOption | undefined;
};

export type OpenSession = { readonly session: Session; readonly journal: Journal; readonly close: () => void };

/** Everything a command that changes state works with, under the project's lock. `close` it at the end. */
export async function openSession(app: App, options: SessionOptions = {}): Promise<Result<OpenSession, Failure>> {
  const project = openProject(app);
  if (!project.ok) return project;
  const { root, environment } = project.value;
  if (environment.unreadable) return err(environment.unreadable);
  const { states = root, files = createFileCache() } = options;
  // The runbook names further secrets; they must be known before the first line is written.
  const loaded = await whenSaved(() => loadRunbook(states, files));
  if (!loaded.ok) return loaded;
  const redactor = createRedactor(secretsOf(root, environment, loaded.value));
  app.protect(redactor);
  const lock = await lockProject(app, states, options.wait);
  if (!lock.ok) return lock;
  const { openJournal } = await import('./journal/journal.ts');
  const journal = openJournal(states);
  if (!journal.ok) {
    lock.value.release();
    return journal;
  }
  const made = await makeSession(app, options, {
    ...project.value,
    states,
    redactor,
    lock: lock.value,
    journal: journal.value,
    files,
  });
  const prepared = await putInOrder(made.session, journal.value, loaded.value);
  if (prepared.ok) return ok(made);
  made.close();
  return prepared;
}

/** Loaded for the first call: a run of scripts needs none. */
function lazyModels(parts: CallParts): ModelCalls {
  let made: Promise<ModelCalls> | undefined;
  const models = () => (made ??= import('./calls/service.ts').then(({ createModelCalls }) => createModelCalls(parts)));
  return {
    plan: async (ai, question) => (await models()).plan(ai, question),
    send: async (plan, call) => (await models()).send(plan, call),
  };
}

async function lockProject(
  app: App,
  root: string,
  wait: WaitOption | undefined,
): Promise<Result<ProjectLock, Failure>> {
  const { takeLock } = await import('./journal/lock.ts');
  const { ORCHESTRATE_TASK_ID: task, ORCHESTRATE_PROJECT_DIR: dir } = app.env;
  return takeLock({
    root,
    task: task && dir && fileId(dir) === fileId(root) ? task : undefined,
    waiting: {
      forMs: waitMs(wait),
      signal: app.signal,
      onWait: (heldBy) => app.io.err(`Waiting for another orchestrate (${heldBy}).\n`),
    },
  });
}

type SessionParts = Project & {
  readonly states: string;
  readonly redactor: Redactor;
  readonly lock: ProjectLock;
  readonly journal: Journal;
  readonly files: FileCache;
};

async function makeSession(app: App, options: SessionOptions, parts: SessionParts): Promise<OpenSession> {
  const { root, states, environment, redactor, lock, journal, files } = parts;
  const { openLog } = await import('./events/log.ts');
  const { createLedger } = await import('./run/ledger.ts');
  const { createStandby } = await import('./run/standby.ts');
  const { tellKeptBeside } = await import('./run/open.ts');
  const { noteOf, writeWatch } = await import('./run/receipts/keep-watch.ts');
  const { writeIndex } = await import('./runbook/file-index.ts');
  const runId = newId();
  const log = openLog(states);
  const calls = lazyCalls(root, redactor);
  const base = options.report ?? (await reporterFor(app, redactor));
  const report = options.around?.(base, redactor) ?? base;
  const { unattended = false } = options;
  const atTerminal = options.person === undefined && app.io.interactive && !unattended;
  const ledger = createLedger({
    root: states,
    runId,
    log,
    journal,
    files,
    redactor,
    actor: atTerminal || options.person ? 'person' : 'orchestrate',
    ensureLock: async () => {
      const ensured = await lock.ensure();
      if (ensured.ok && ensured.value === 'taken again') log.lookAgain();
      return ensured.ok ? ok(undefined) : ensured;
    },
  });
  const inTurn = createTurns();
  const standby = createStandby({
    root: states,
    runId,
    journal,
    lock,
    log,
    ledger,
    signal: app.signal,
    report,
  });
  const person = atTerminal ? standby.person(await terminalPerson(app, environment, redactor)) : options.person;
  const session: Session = {
    root,
    states,
    runId,
    environment,
    redactor,
    files,
    signal: app.signal,
    person,
    unattended,
    yes: options.yes ?? false,
    vars: options.vars ?? {},
    keep: options.keep,
    report,
    eventsAtOnce: app.io.json,
    inTurn,
    setAlone: standby.setAlone,
    failures: { count: 0 },
    ledger,
    waitsElsewhere: (id) => runElsewhere(journal, runId, id)?.waiting === true,
    takenOver: (id) => runElsewhere(journal, runId, id) !== undefined,
    calls: calls.open,
    models: lazyModels({
      root,
      runId,
      environment,
      redactor,
      signal: app.signal,
      person: app.io.interactive ? person : undefined,
      asked: app.provider,
      flags: options.calls ?? {},
      calls: calls.open,
    }),
  };
  const close = () => {
    tellKeptBeside(session);
    // What cannot be settled now is looked at again by the next command.
    ledger.settle();
    standby.close();
    log.close();
    journal.close();
    writeWatch(states);
    // A command that was refused leaves nothing in a project that is not in use yet.
    if (states === root && exists(path.join(root, STATE_DB)))
      writeIndex(root, { files, build: __BUILD__, redactor, note: (runbook) => noteOf(root, runbook) });
    calls.close();
    lock.release();
  };
  return { session, journal, close };
}

/** Another run that has it RUNNING. Under the lock, only one that waits for a person can be alive. */
function runElsewhere(journal: Journal, runId: string, id: string): RunningRow | undefined {
  const running = journal.runningTask(id);
  return running.ok && running.value?.runId !== runId ? running.value : undefined;
}

/** What an earlier process left is put in order before anything begins. */
async function putInOrder(session: Session, journal: Journal, runbook: Runbook): Promise<Result<undefined, Failure>> {
  const { endDeadRuns, rollForward } = await import('./run/recover.ts');
  const { noteDefinitions } = await import('./run/definition.ts');
  const { looksRolledBack } = await import('./run/hand-edits.ts');
  const { openRunbook } = await import('./run/open.ts');
  // Nothing is judged against states that a person may not want: that is asked first.
  const wentBack = looksRolledBack(session, runbook);
  const rolled = wentBack ? ok(undefined) : await rollForward(session, runbook);
  if (!rolled.ok) return rolled;
  let opened = await openRunbook(session);
  if (!opened.ok) return opened;
  if (wentBack) {
    const late = await rollForward(session, opened.value);
    if (!late.ok) return late;
    opened = await openRunbook(session);
    if (!opened.ok) return opened;
  }
  const noted = noteDefinitions(session, opened.value);
  return noted.ok ? endDeadRuns(session, journal, opened.value) : noted;
}

export function lazyCalls(root: string, redactor: Redactor): { open: Session['calls']; close: () => void } {
  let store: CallStore | undefined;
  return {
    async open() {
      if (store) return ok(store);
      const { openCalls } = await import('./history/calls.ts');
      const opened = openCalls(root, redactor);
      if (opened.ok) store = opened.value;
      return opened;
    },
    close: () => store?.close(),
  };
}

/** Loaded at the first question: most tasks ask none. */
export async function terminalPerson(app: App, environment: Environment, redactor: Redactor): Promise<Person> {
  let made: Promise<Person> | undefined;
  const person = () =>
    (made ??= import('./terminal/person.ts').then(({ createPerson }) =>
      createPerson({
        io: filteredIo(app.io, redactor.text),
        signal: app.signal,
        env: environment.process,
        onGone: app.interrupt,
        withoutInterrupts: app.withoutInterrupts,
      }),
    ));
  return {
    choose: async (question) => (await person()).choose(question),
    ask: async (message) => (await person()).ask(message),
    edit: async (...given) => (await person()).edit(...given),
    paste: async () => (await person()).paste(),
    show: (title, text) => void person().then((loaded) => loaded.show(title, text)),
  };
}

async function reporterFor(app: App, redactor: Redactor): Promise<Report> {
  if (app.io.json) {
    const { createJsonReporter } = await import('./terminal/json-reporter.ts');
    return createJsonReporter(app.io, redactor);
  }
  const { createReporter } = await import('./terminal/reporter.ts');
  return createReporter(filteredIo(app.io, redactor.text));
}

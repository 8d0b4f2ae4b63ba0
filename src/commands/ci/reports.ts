// The reports of a run for a pipeline: the JUnit file, and what GitHub Actions and GitLab CI show of a job. Decides where they go; their
// forms are in terminal/ci/.

import path from 'node:path';
import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { ok, type Result } from '../../base/result.ts';
import { createRedactor, type Redactor } from '../../base/secrets.ts';
import type { RunEnd } from '../../run/outcome.ts';
import type { Report } from '../../run/ports.ts';
import type { Scope } from '../../run/states.ts';
import { loadRunbook } from '../../runbook/store.ts';
import type { Runbook } from '../../runbook/task.ts';
import { placesOfWork } from '../../runbook/where.ts';
import { appendText } from '../../system/appender.ts';
import { timestamp } from '../../system/clock.ts';
import { currentFolder, findRoot } from '../../system/paths.ts';
import { replaceFile } from '../../system/replace.ts';
import { githubAnnotations } from '../../terminal/ci/commands.ts';
import { junitXml } from '../../terminal/ci/junit.ts';
import { createCollector, type ProblemRecord, type RunRecord, recordsOf, redacted } from '../../terminal/ci/record.ts';
import { type Platform, platformOf, platformStreams, type Streams } from '../../terminal/ci/streams.ts';
import { summaryMarkdown } from '../../terminal/ci/summary.ts';
import { wordFailure } from '../../terminal/wording.ts';
import { writableTarget } from '../target.ts';

export type ReportOptions = { readonly ci?: boolean; readonly junit?: string };

export type EndOfRun = {
  /** Where the files with the states stand. */
  readonly folder: string;
  readonly scope: Scope;
  /** The runbook as the run found it. */
  readonly before: Runbook;
  readonly result: Result<RunEnd, Failure>;
  /** The states are none of the project's: no command can retry a task. */
  readonly fresh: boolean;
};

export type Reports = {
  /** The same app, its streams as the platform wants them. */
  readonly app: App;
  /** For `openSession`: listens to the news. */
  readonly around: (report: Report, redactor: Redactor) => Report;
  /** What kept everything from running. */
  readonly refused: (failure: Failure) => Promise<Result<undefined, Failure>>;
  readonly ended: (run: EndOfRun) => Promise<Result<undefined, Failure>>;
  readonly close: () => void;
};

/** The platform's own forms only with --ci: a `run` inside somebody else's step must not write into their log. */
export function openReports(app: App, options: ReportOptions): Result<Reports, Failure> {
  const { junit } = options;
  // Told before anything is run that could then not be reported.
  const wanted = { by: '--junit', file: junit ?? '', what: 'a report' };
  const target = junit === undefined ? ok(undefined) : writableTarget(rootOf(app), wanted);
  if (!target.ok) return target;
  const platform = options.ci ? platformOf(app.env) : undefined;
  if (platform === undefined && junit === undefined) return ok(noReports(app));
  return ok(reportsFor(app, platform, target.value));
}

function rootOf(app: App): string | undefined {
  return findRoot(path.resolve(currentFolder() ?? '/', app.folder ?? '.'));
}

function noReports(app: App): Reports {
  const nothing = () => Promise.resolve(ok(undefined));
  return { app, around: (report) => report, refused: nothing, ended: nothing, close: () => undefined };
}

function reportsFor(app: App, platform: Platform | undefined, junit: string | undefined): Reports {
  const streams = platform && platformStreams(app.io, platform);
  const collector = createCollector();
  const began = { at: timestamp(), clock: performance.now() };
  let redactor: Redactor = createRedactor({});
  const publish = async (record: Pick<RunRecord, 'name' | 'tasks' | 'problems'>) => {
    const durationMs = Math.round(performance.now() - began.clock);
    const run = redacted({ startedAt: began.at, durationMs, ...record }, redactor);
    return write(run, { app, streams, junit, platform });
  };
  return {
    app: streams ? { ...app, io: streams.io } : app,
    around: (report, known) => {
      redactor = known;
      return listening(report, { collector, streams });
    },
    refused: (failure) => publish({ name: 'runbook', tasks: [], problems: problemsOf(failure) }),
    ended: async (run) => publish(await recordOf(run, collector.facts)),
    close: () => streams?.end(),
  };
}

type Listening = { readonly collector: ReturnType<typeof createCollector>; readonly streams: Streams | undefined };

/** The section of a task holds its output; how it ended stands below, where it is seen when the section is folded. */
function listening(report: Report, { collector, streams }: Listening): Report {
  let isOpen = false;
  return (news, of) => {
    collector.listen(news, of);
    if (news.kind === 'task-started' || news.kind === 'task-goes-on') {
      if (isOpen) streams?.close();
      streams?.open(
        news.task.id,
        news.task.name === news.task.id ? news.task.id : `${news.task.id}: ${news.task.name}`,
      );
      isOpen = true;
    } else if (isOpen && (news.kind === 'task-ended' || news.kind === 'task-waits')) {
      streams?.close();
      isOpen = false;
    }
    report(news, of);
  };
}

async function recordOf(
  { folder, scope, before, result, fresh }: EndOfRun,
  facts: ReturnType<typeof createCollector>['facts'],
): Promise<Pick<RunRecord, 'name' | 'tasks' | 'problems'>> {
  const now = await loadRunbook(folder);
  const end = result.ok ? result.value : undefined;
  const records = recordsOf({ scope, before, after: now.ok ? now.value : before, end, facts });
  // As they were before the run, whose own lines are in no commit yet.
  const told = new Set(records.filter(({ result: how }) => TOLD.has(how)).map(({ task }) => task.id as string));
  const places = await placesOfWork(
    before,
    before.tasks.filter(({ id }) => told.has(id)),
  );
  const tasks = records.map((record) => {
    const place = places.get(record.task.id);
    const advised = fresh && FAILED.has(record.result) ? { ...record, advice: 'mend it, then run again' } : record;
    return place ? { ...advised, place } : advised;
  });
  return { name: before.name ?? 'runbook', tasks, problems: result.ok ? [] : problemsOf(result.error) };
}

const FAILED: ReadonlySet<string> = new Set(['failed', 'interrupted']);
const TOLD: ReadonlySet<string> = new Set([...FAILED, 'waiting']);

function problemsOf(failure: Failure): ProblemRecord[] {
  if (failure.code === 'problems' || failure.code === 'conflict') return [...failure.diagnostics];
  const { message, advice } = wordFailure(failure);
  return [{ severity: 'error', code: failure.code, message, ...(advice === undefined ? {} : { advice }) }];
}

type Target = {
  readonly app: App;
  readonly streams: Streams | undefined;
  readonly junit: string | undefined;
  readonly platform: Platform | undefined;
};

async function write(run: RunRecord, { app, streams, junit, platform }: Target): Promise<Result<undefined, Failure>> {
  const fileOf = fileNames(app, platform);
  if (platform === 'github') {
    streams?.annotate(githubAnnotations(run, fileOf));
    const file = app.env.GITHUB_STEP_SUMMARY;
    const summed = file ? appendText(file, summaryMarkdown(run, fileOf)) : ok(undefined);
    if (!summed.ok) return summed;
  }
  if (junit === undefined) return ok(undefined);
  const replaced = await replaceFile(junit, junitXml(run, fileOf));
  return replaced.ok ? ok(undefined) : replaced;
}

/** Readers want names from the top of the repository, which the project may lie deep in. */
function fileNames(app: App, platform: Platform | undefined): (file: string) => string {
  const top = platform === 'github' ? app.env.GITHUB_WORKSPACE : app.env.CI_PROJECT_DIR;
  const root = rootOf(app);
  if (platform === undefined || !top || root === undefined) return (file) => file;
  const below = path.relative(top, root);
  const isInside = below !== '..' && !below.startsWith(`..${path.sep}`) && !path.isAbsolute(below);
  return (file) => (isInside ? path.join(below, file) : file).replaceAll(path.sep, '/');
}

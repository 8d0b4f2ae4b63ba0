// The reports of a run: what is kept of the news, JUnit XML, GitHub's commands and summary, GitLab's sections.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../../src/base/secrets.ts';
import type { RunEnd } from '../../../../src/run/outcome.ts';
import type { Task } from '../../../../src/runbook/task.ts';
import { githubAnnotations, githubCommand, gitlabSection } from '../../../../src/terminal/ci/commands.ts';
import { junitXml, text } from '../../../../src/terminal/ci/junit.ts';
import {
  createCollector,
  type RunRecord,
  recordsOf,
  redacted,
  type TaskRecord,
} from '../../../../src/terminal/ci/record.ts';
import { platformOf, platformStreams } from '../../../../src/terminal/ci/streams.ts';
import { summaryMarkdown } from '../../../../src/terminal/ci/summary.ts';
import { runbookOf, type TaskParts, tasksOf } from '../../making.ts';
import { PLAIN } from '../plain-style.ts';

const taskOf = (parts: TaskParts) => tasksOf([parts])[0] as Task;
const PLACE = { file: 'tasks/f.yaml', text: 'id: f\nscript_details: x\n', span: { start: 6, end: 20 } };
const recordOf = (parts: Partial<Omit<TaskRecord, 'task'>> & { task?: Partial<TaskParts> } = {}): TaskRecord => {
  const { task, ...rest } = parts;
  return {
    result: 'passed',
    reason: '',
    durationMs: 0,
    output: undefined,
    ...rest,
    task: taskOf({ id: 'a', ...task }),
  };
};
const FAILED = recordOf({
  task: { id: 'f', name: 'Fails', phase: 'Build' },
  result: 'failed',
  reason: 'it "broke" & <fell>\nover',
  advice: 'mend it',
  issue: 'SCRIPT_ERROR',
  durationMs: 1500,
  place: PLACE,
  output: { text: 'end\n', isCut: true, logFile: 'logs/tasks/f/1.log' },
});
const WAITING = recordOf({ task: { id: 'm' }, result: 'waiting', reason: 'a person must', place: PLACE });
const runOf = (tasks: readonly TaskRecord[], problems: RunRecord['problems'] = []): RunRecord => ({
  name: 'Demo',
  startedAt: '2026-01-31T10:00:00.000Z',
  durationMs: 2000,
  tasks,
  problems,
});
const same = (file: string) => file;

describe('what became of each task', () => {
  const listened = (id: string, to: Task['status'], output: readonly string[] = []) => {
    const collector = createCollector();
    const task = taskOf({ id });
    collector.listen({ kind: 'task-started', task });
    collector.listen({ kind: 'script-started', command: 'c', logFile: 'l', attempt: 1 });
    for (const chunk of output) collector.listen({ kind: 'script-output', stream: 'stdout', text: chunk });
    collector.listen({ kind: 'task-ended', task, to, durationMs: 7, detail: 'the detail' });
    return collector.facts;
  };
  const ERROR = { detail: 'exit 3', type: 'SCRIPT_ERROR' };
  const END: RunEnd = { ended: 'finished', ran: [], waiting: [] };
  test.each<[what: string, before: Partial<TaskParts>, after: Partial<TaskParts>, expected: Partial<TaskRecord>]>([
    ['done in this run', {}, { status: 'DONE' }, { result: 'passed', reason: '', durationMs: 7 }],
    ['skipped', {}, { status: 'SKIPPED' }, { result: 'skipped', reason: 'the detail' }],
    [
      'failed',
      {},
      { status: 'ERROR', issues: [ERROR] },
      { result: 'failed', reason: 'exit 3', issue: 'SCRIPT_ERROR', advice: 'mend it, then: orchestrate retry a' },
    ],
    ['cut off', {}, { status: 'ERROR', issues: [{ ...ERROR, type: 'INTERRUPTED' }] }, { result: 'interrupted' }],
    ['held', {}, { status: 'PENDING', hold: true }, { result: 'not-run' }],
  ])('%s', (_what, before, after, expected) => {
    const [record] = recordsOf({
      scope: {},
      before: runbookOf([{ id: 'a', ...before }]),
      after: runbookOf([{ id: 'a', ...after }]),
      end: END,
      facts: listened('a', after.status ?? 'DONE'),
    });
    expect(record).toMatchObject(expected);
  });

  test('what stood before, what waits, and what never came to its turn', () => {
    const before = runbookOf([
      { id: 'd', status: 'DONE' },
      { id: 'm' },
      { id: 'x', dependsOn: ['m'] },
      { id: 'r', status: 'READY' },
    ]);
    const waiting = [{ task: before.tasks[1] as Task, reason: 'why', advice: 'do' }];
    const error = taskOf({ id: 'z' });
    const records = recordsOf({ scope: {}, before, after: before, end: { ...END, waiting, error }, facts: new Map() });
    expect(records.map(({ task, result, reason }) => [task.id, result, reason])).toEqual([
      ['d', 'finished-before', 'DONE before this run'],
      ['m', 'waiting', 'why'],
      ['x', 'not-run', 'not run: waits for m'],
      ['r', 'not-run', 'not run: z stopped the run'],
    ]);
  });

  test('of a long output the end is kept', () => {
    const facts = listened('a', 'DONE', ['x'.repeat(20_000), 'end']);
    expect(facts.get('a')?.output).toEqual({ text: `${'x'.repeat(16_381)}end`, isCut: true, logFile: 'l' });
    expect(listened('a', 'DONE', ['end']).get('a')?.output?.isCut).toBe(false);
  });

  test('no text of it holds a secret', () => {
    const run = runOf([
      {
        ...FAILED,
        reason: 'my-secret<1',
        advice: 'my-secret<1',
        output: { text: 'my-secret<1', isCut: false, logFile: 'l' },
      },
    ]);
    const clean = redacted(run, createRedactor({ MY_KEY: 'my-secret<1' }));
    for (const report of [junitXml(clean, same), summaryMarkdown(clean, same), githubAnnotations(clean, same).join()]) {
      expect(report).not.toContain('my-secret');
      expect(report).toMatch(/MY\\?_KEY/);
    }
  });
});

describe('JUnit XML', () => {
  test('holds a suite for each phase and a case for each task', () => {
    const tasks = [recordOf({ durationMs: 12 }), FAILED, WAITING, { ...FAILED, result: 'interrupted' as const }];
    expect(junitXml(runOf(tasks), (file) => `sub/${file}`)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="Demo" tests="4" failures="1" errors="1" skipped="1" time="2.000">
<testsuite name="Demo" tests="2" failures="0" errors="0" skipped="1" time="0.012" timestamp="2026-01-31T10:00:00">
<testcase name="a: Task a" classname="Demo" time="0.012" file="sub/runbook.yaml"/>
<testcase name="m: Task m" classname="Demo" time="0.000" file="sub/tasks/f.yaml" line="2">
<skipped message="waits for a person: a person must"/>
</testcase>
</testsuite>
<testsuite name="Build" tests="2" failures="1" errors="1" skipped="0" time="3.000" timestamp="2026-01-31T10:00:00">
${caseOf('failure')}
${caseOf('error')}
</testsuite>
</testsuites>
`);
    function caseOf(kind: string): string {
      return `<testcase name="f: Fails" classname="Build" time="1.500" file="sub/tasks/f.yaml" line="2">
<${kind} message="it &quot;broke&quot; &amp; &lt;fell&gt;" type="SCRIPT_ERROR">it "broke" &amp; &lt;fell&gt;
over
sub/tasks/f.yaml:2
→ mend it</${kind}>
<system-out>… the beginning is in logs/tasks/f/1.log
end
</system-out>
</testcase>`;
    }
  });

  test('holds each problem of the files as an error, and no warning', () => {
    const problem = { severity: 'error', code: 'unknown-key', message: 'unknown key "x"', place: PLACE } as const;
    const xml = junitXml(runOf([], [problem, { ...problem, severity: 'warning' }]), same);
    expect(xml).toContain('<testsuites name="Demo" tests="1" failures="0" errors="1" skipped="0" time="2.000">');
    expect(xml).toContain('<testcase name="unknown-key: tasks/f.yaml:2" classname="Demo"');
    expect(xml).toContain(
      '<error message="unknown key &quot;x&quot;" type="unknown-key">unknown key "x"\ntasks/f.yaml:2</error>',
    );
  });

  test.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007x', 'x'],
    ['a\u0000b\u0008c\u001bd', 'abc\u001bd'.replace('\u001b', '')],
    ['\ufffe\uffff\ud800', '\ufffd'],
    ['a\r\nb\rc', 'a\nb\nc'],
    [']]> & <', ']]&gt; &amp; &lt;'],
    ['ä € 😀\t', 'ä € 😀\t'],
  ])('text %j is written as %j', (raw, written) => {
    expect(text(raw)).toBe(written);
  });

  test('never holds a character that XML forbids, nor a tag of others', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xff_ff })), (units) => {
        const raw = String.fromCharCode(...units);
        const written = text(raw);
        return (
          /^[\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(written) &&
          !/[<>]|&(?!(?:amp|lt|gt);)/.test(written)
        );
      }),
    );
  });
});

describe("GitHub's", () => {
  test.each([
    [
      githubCommand('error', { file: 'a,b:c.yaml', line: 3, title: undefined }, 'x'),
      '::error file=a%2Cb%3Ac.yaml,line=3::x',
    ],
    [githubCommand('group', {}, '100%\r\n::error::y'), '::group::100%25%0D%0A::error::y'],
    [githubCommand('endgroup', {}, ''), '::endgroup::'],
  ])('command %s', (written, expected) => {
    expect(written).toBe(expected);
  });

  test('annotations stand at the line of the task', () => {
    expect(githubAnnotations(runOf([recordOf(), FAILED, WAITING]), (file) => `sub/${file}`)).toEqual([
      '::error file=sub/tasks/f.yaml,line=2,col=1,title=f%3A SCRIPT_ERROR::it "broke" & <fell>%0Aover%0A→ mend it',
      '::notice file=sub/tasks/f.yaml,line=2,col=1,title=m waits for a person::a person must',
    ]);
  });

  test('summary is a table that no text can leave', () => {
    const evil = recordOf({ task: { id: 'e', name: 'a | b\n## c <script>' }, result: 'skipped', reason: '`x` [y](z)' });
    const markdown = summaryMarkdown(runOf([recordOf({ durationMs: 90 }), evil, FAILED]), same);
    expect(markdown).toContain(
      '## Demo\n\n1 done · 1 failed · 1 skipped · 2.0 s\n\n| task | | time | |\n|---|---|---|---|\n',
    );
    expect(markdown).toContain('\n| **e** a \\| b \\#\\# c &lt;script\\> | ⏭️ SKIPPED |  | \\`x\\` \\[y\\]\\(z\\) |\n');
    expect(markdown).toContain(
      '<details><summary>The end of the output of <b>f</b></summary>\n\n```text\nend\n```\n\n</details>',
    );
  });
});

test('a summary is never larger than GitHub takes', () => {
  const long = '漢'.repeat(16_000);
  const output = { text: long, isCut: false, logFile: 'l' };
  const failed = recordOf({ task: { id: 'f', name: long }, result: 'failed', reason: long, advice: long, output });
  const problem = { severity: 'error', code: 'c', message: long } as const;
  const markdown = summaryMarkdown(
    runOf(
      Array.from({ length: 1500 }, () => failed),
      Array.from({ length: 1500 }, () => problem),
    ),
    same,
  );
  expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
  const rows = markdown.split('\n').filter((line) => line.startsWith('| **f**')).length;
  expect(markdown).toContain(`\n… and ${1500 - rows} more tasks\n`);
  expect(markdown).toMatch(/\n… and \d+ more problems\n/);
});

describe('the streams', () => {
  const written = (platform: 'github' | 'gitlab', json = false) => {
    let [out, err] = ['', ''];
    const io = {
      out: (chunk: string) => void (out += chunk),
      err: (chunk: string) => void (err += chunk),
      interactive: false,
      json,
      quiet: false,
      verbose: false,
      width: 80,
      errWidth: 80,
      style: PLAIN,
      errStyle: PLAIN,
    };
    const streams = platformStreams(io, platform);
    streams.open('a.b c', 'A: b');
    streams.io.out('half');
    streams.close();
    streams.io.err('more\n');
    streams.annotate(['::error::x']);
    streams.end();
    return { out: normal(out), err: normal(err) };
  };
  const normal = (raw: string) => raw.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'TOKEN').replace(/:\d{10}:/g, ':TIME:');

  test('of GitHub turn commands off but for our own, each at the start of a line', () => {
    const log = `::stop-commands::TOKEN
::TOKEN::
::group::A: b
::stop-commands::TOKEN
half
::TOKEN::
::endgroup::
::stop-commands::TOKEN
more
::TOKEN::
::error::x
::stop-commands::TOKEN
::TOKEN::
`;
    expect(written('github')).toEqual({ out: log, err: '' });
    expect(written('github', true)).toEqual({ out: 'half', err: log.replace('half\n', '') });
  });

  test('of GitLab fold each task', () => {
    const name = 'orchestrate_1_a.b_c';
    expect(gitlabSection('end', { id: 'x', at: 5 })).toBe('\u001b[0Ksection_end:5:x\r\u001b[0K');
    expect(written('gitlab').out).toBe(
      `\u001b[0Ksection_start:TIME:${name}\r\u001b[0KA: b\nhalf\n\u001b[0Ksection_end:TIME:${name}\r\u001b[0K\nmore\n`,
    );
  });

  test.each([
    [{ GITHUB_ACTIONS: 'true' }, 'github'],
    [{ GITLAB_CI: 'true' }, 'gitlab'],
    [{ CI: 'true', GITHUB_ACTIONS: '' }, undefined],
  ])('%j', (env, platform) => {
    expect(platformOf(env)).toBe(platform);
  });
});

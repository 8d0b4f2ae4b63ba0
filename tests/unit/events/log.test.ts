// The event log on a real file: whole lines, numbers that go on, no secrets.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { LOG_FILE, lineOf, openLog, parseLog } from '../../../src/events/log.ts';
import type { NewEvent } from '../../../src/events/types.ts';
import { makeFolder } from '../temporary.ts';

const START: NewEvent = { task_id: 'a', event_type: 'START_TASK', status_change: 'READY -> RUNNING' };
const DONE: NewEvent = { task_id: 'a', event_type: 'COMPLETE_TASK', details: { exit_code: 0 } };

/** As the ledger uses it: secrets go when an event becomes a line. */
function logOf(root: string, runId = 'run-1') {
  const redactor = createRedactor({ A_KEY: 'sesame-open' });
  const log = openLog(root);
  return {
    ...log,
    append: (actor: string, events: readonly NewEvent[]) =>
      log.append(events.map((event) => redactor.value(lineOf(event, { runId, actor })))),
  };
}

const textOf = (root: string) => readFileSync(path.join(root, LOG_FILE), 'utf8');
const numbersOf = (root: string) => parseLog(textOf(root)).events.map(({ seq }) => seq);

function folderWithLog(text: string): string {
  return makeFolder({ [LOG_FILE]: text });
}

test('an event is one JSON line with time, number, run and actor', () => {
  const root = makeFolder();
  expect(logOf(root).append('person', [START]).ok).toBe(true);
  const [line, rest] = textOf(root).split('\n');
  const event = JSON.parse(line ?? '') as Record<string, unknown>;
  expect(event).toEqual({ timestamp: expect.any(String), seq: 1, ...START, run_id: 'run-1', actor: 'person' });
  expect(event.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(rest).toBe('');
});

describe('numbers', () => {
  test('go on within a run and in the next', () => {
    const root = makeFolder();
    const log = logOf(root);
    log.append('x', [START, DONE]);
    log.append('x', [START]);
    logOf(root, 'run-2').append('x', [DONE]);
    expect(numbersOf(root)).toEqual([1, 2, 3, 4]);
  });

  test.each<[what: string, text: string, next: number]>([
    ['an empty log', '', 1],
    ['the highest of the last lines', '{"event_type":"A","seq":7}\n{"event_type":"B","seq":3}\n', 8],
    ['lines without a number', '{"event_type":"A"}\n{"event_type":"B","seq":"x"}\n{"event_type":"C","seq":null}\n', 1],
    ['lines that are no events', 'not json\n5\n[]\n{"seq":99}\n\n{"event_type":"A","seq":2}\nrubbish\n', 3],
  ])('begin after %s', (_, text, next) => {
    const root = folderWithLog(text);
    logOf(root).append('x', [START]);
    expect(numbersOf(root).at(-1)).toBe(next);
    expect(textOf(root).startsWith(text)).toBe(true);
  });

  test.each([
    ['many lines', `${'{"event_type":"A","seq":1}\n'.repeat(40_000)}{"event_type":"B","seq":41}\n`],
    [
      'one line that is longer than what is looked at first',
      `{"event_type":"A","seq":41,"details":{"x":"${'é'.repeat(400_000)}"}}\n`,
    ],
  ])('begin after the last of a large log with %s', (_, text) => {
    const root = folderWithLog(text);
    logOf(root).append('x', [START]);
    expect(numbersOf(root).at(-1)).toBe(42);
  });
});

test('a torn last line is left as it is, and a new line begun', () => {
  const torn = '{"event_type":"A","seq":5}\n{"event_type":"B","se';
  const root = folderWithLog(torn);
  const log = logOf(root);
  log.append('x', [START]);
  log.append('x', [DONE]);
  expect(textOf(root).split('\n').slice(0, 2)).toEqual(torn.split('\n'));
  expect(parseLog(textOf(root))).toMatchObject({ events: [{ seq: 5 }, { seq: 6 }, { seq: 7 }], unreadable: 1 });
});

test('secrets are replaced, also in keys and inside details', () => {
  const root = makeFolder();
  logOf(root).append('x', [
    { ...DONE, details: { command: 'curl -u me:sesame-open', 'sesame-open': ['sesame-open'] } },
  ]);
  expect(textOf(root)).not.toContain('sesame');
  expect(parseLog(textOf(root)).events[0]?.details).toEqual({ command: 'curl -u me:[A_KEY]', '[A_KEY]': ['[A_KEY]'] });
});

test('what a text holds does not break the line', () => {
  const root = makeFolder();
  const detail = 'two\nlines\r\u2028 "quoted" \u0000 😀';
  logOf(root).append('x', [{ ...DONE, details: { detail } }]);
  expect(textOf(root).split('\n')).toHaveLength(2);
  expect(parseLog(textOf(root)).events[0]?.details).toEqual({ detail });
});

test('a log that cannot be written is a failure, and numbers are not used up by it', () => {
  const root = makeFolder();
  mkdirSync(path.join(root, LOG_FILE), { recursive: true });
  expect(logOf(root).append('x', [START])).toMatchObject({ ok: false, error: { code: 'io', errno: 'EISDIR' } });
});

test('before the first event there is no file', () => {
  const root = makeFolder();
  logOf(root);
  expect(existsSync(path.join(root, 'logs'))).toBe(false);
});

test('two processes that write in turn keep whole lines', () => {
  const root = makeFolder();
  const [one, two] = [logOf(root, 'one'), logOf(root, 'two')];
  one.append('x', [START]);
  two.append('x', [START]);
  one.append('x', [DONE]);
  expect(parseLog(textOf(root))).toMatchObject({
    events: [{ run_id: 'one' }, { run_id: 'two' }, { run_id: 'one' }],
    unreadable: 0,
  });
});

describe('a log text', () => {
  test.each<[text: string, types: string[], unreadable: number]>([
    ['', [], 0],
    ['\n\n', [], 0],
    ['{"event_type":"A"}', ['A'], 0],
    ['{"event_type":"A"}\r\n{"event_type":"B"}\r\n', ['A', 'B'], 0],
    ['{"event_type":"A"}\n{"event_ty', ['A'], 1],
    ['null\n"x"\n{}\n', [], 3],
  ])('%j holds %j', (text, types, unreadable) => {
    const parsed = parseLog(text);
    expect(parsed.events.map(({ event_type }) => event_type)).toEqual(types);
    expect(parsed.unreadable).toBe(unreadable);
  });
});

test('what was written by hand in between stays', () => {
  const root = makeFolder();
  const log = logOf(root);
  log.append('x', [START]);
  appendFileSync(path.join(root, LOG_FILE), '# a note\n');
  log.append('x', [DONE]);
  expect(textOf(root).split('\n')[1]).toBe('# a note');
  writeFileSync(path.join(root, LOG_FILE), '');
  log.append('x', [DONE]);
  expect(numbersOf(root)).toEqual([3]);
});

// The schema of the events: what it accepts, and that docs/events.md tells all of it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { EVENT_NAMES, eventSchema } from '../../../src/terminal/event-shapes.ts';

type Branch = { readonly title: string; readonly properties: Record<string, unknown>; readonly required: string[] };

const branches = eventSchema()['oneOf'] as Branch[];
const accepts = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(eventSchema());
const COMMON = ['schema_version', 'event', 'timestamp'];
/** The table does not repeat it where an event has it only when a task says it. */
const isRepeated = (field: string, required: readonly string[]) => field !== 'task_id' || required.includes(field);

describe('the schema of the events', () => {
  const ended = { schema_version: 1, event: 'run_ended', timestamp: 't', ended: 'finished', exit_code: 0 };
  test.each<[what: string, event: object, good: boolean]>([
    ['an event', ended, true],
    ['a field of a later version', { ...ended, later: 1 }, true],
    ['another version', { ...ended, schema_version: 2 }, false],
    ['an unknown event', { ...ended, event: 'run_beginned' }, false],
    ['a missing field', { ...ended, exit_code: undefined }, false],
    ['a field of another type', { ...ended, exit_code: '0' }, false],
  ])('judges %s', (_what, event, good) => {
    expect(accepts(JSON.parse(JSON.stringify(event)))).toBe(good);
  });

  test('is told whole in docs/events.md', () => {
    const rows = readFileSync(path.resolve(import.meta.dirname, '../../../docs/events.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    for (const { title, properties, required } of branches) {
      const row = rows.find((line) => line.split('|')[1]?.includes(`\`${title}\``));
      const own = Object.keys(properties).filter((field) => !COMMON.includes(field) && isRepeated(field, required));
      // `note` and `warning` share a row.
      const shared = title === 'note' ? ['advice'] : [];
      const fields = [...(row?.split('|')[3] ?? '').matchAll(/`(\w+)`(\??)/g)];
      expect([title, fields.map(([, field]) => field)]).toEqual([title, [...own, ...shared]]);
      for (const [, field = '', optional] of fields)
        expect([title, field, optional === '?']).toEqual([title, field, !required.includes(field)]);
    }
    expect(branches.map(({ title }) => title)).toEqual(EVENT_NAMES);
  });
});

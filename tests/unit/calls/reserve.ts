// A process of its own that tries to reserve 0.3 of 1 dollar, as soon as it is told to. Started by reservation.test.ts.
import { createRedactor } from '../../../src/base/secrets.ts';
import { openCalls } from '../../../src/history/calls.ts';

const root = process.argv[2] ?? '';
const opened = openCalls(root, createRedactor({}));
if (!opened.ok) throw new Error(JSON.stringify(opened.error));
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  const call = {
    source: 'quickie',
    templateName: 't',
    templateText: 't',
    promptHash: 'h',
    promptText: 'p',
    requestHash: 'r',
    inputParams: {},
    model: 'm',
    runId: String(process.pid),
    reservedUsd: 0.3,
  } as const;
  const begun = opened.value.begin(call, { day: { usd: 1, since: '2000-01-01T00:00:00.000Z' } });
  process.stdout.write(begun.ok ? 'sent\n' : `${begun.error.code}\n`);
  // Alive until the test has looked: the row of a dead process would be settled.
  process.stdin.once('end', () => opened.value.close());
});

// Whether a key may go to a host.
import { expect, test } from 'vitest';
import { mayUseKey, type NamedBy } from '../../../src/model/trust.ts';

const HOST = 'models.example:8080';

test.each<[key: NamedBy, host: NamedBy, may: boolean]>([
  ['environment', 'default', true],
  ['environment', 'environment', true],
  ['environment', '.env', false],
  ['environment', 'runbook.yaml', false],
  ['.env', 'default', true],
  ['.env', 'environment', true],
  ['.env', '.env', true],
  ['.env', 'runbook.yaml', false],
])('a key of %s goes to a host of %s: %s', (keyFrom, hostFrom, may) => {
  expect(mayUseKey({ keyFrom, hostFrom, host: HOST, trustedHosts: [] })).toBe(may);
  expect(mayUseKey({ keyFrom, hostFrom, host: HOST, trustedHosts: ['models.example', 'other.example'] })).toBe(may);
  expect(mayUseKey({ keyFrom, hostFrom, host: HOST, trustedHosts: ['other.example', HOST] })).toBe(true);
});

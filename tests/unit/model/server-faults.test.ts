// Rejections and broken connections as faults: what cannot be brought about on 127.0.0.1. The rest is in openai-faults.test.ts.
import { describe, expect, test } from 'vitest';
import type { ModelFailureCode } from '../../../src/model/provider.ts';
import { connectionFault, readErrorBody, rejectionFault } from '../../../src/model/server-faults.ts';

const PLACE = { where: 'https://host/v1', model: 'm', keySent: true };

function withCode(code: string): Error {
  // As Node nests it: the SDK's error, fetch's TypeError, the cause with the code.
  const cause = Object.assign(new Error('deep'), { code });
  return new Error('Connection error.', { cause: new TypeError('fetch failed', { cause }) });
}

describe('how long to wait', () => {
  const rejection = { status: 429, requestId: null, retryForbidden: false, location: null };
  test.each([
    ['in the body, beside the error', '{"error": {"message": "slow"}, "retry_after": 7}', null, 7000],
    ['in the body, in the error', '{"error": {"message": "slow", "retry_after": 0.5}}', null, 500],
    ['in a header, which wins', '{"retry_after": 7}', 2000, 2000],
    ['nowhere', '{"error": {"message": "slow"}}', null, undefined],
    ['as what it is not', '{"retry_after": "soon"}', null, undefined],
  ])('%s', (_name, body, retryAfterMs, expected) => {
    expect(rejectionFault({ ...rejection, body, retryAfterMs }, PLACE).retryAfterMs).toBe(expected);
  });
});

describe('a broken connection', () => {
  test.each<[code: string, fault: ModelFailureCode, retryable: boolean]>([
    ['ECONNREFUSED', 'refused-connection', true],
    ['ENOTFOUND', 'dns', false],
    ['EAI_AGAIN', 'dns', true],
    ['CERT_HAS_EXPIRED', 'tls', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', false],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', false],
    ['ECONNRESET', 'reset', true],
    ['UND_ERR_SOCKET', 'reset', true],
    ['UND_ERR_HEADERS_TIMEOUT', 'stalled', false],
    ['UND_ERR_CONNECT_TIMEOUT', 'unreachable', true],
    ['ETIMEDOUT', 'unreachable', true],
    ['EHOSTUNREACH', 'unreachable', true],
  ])('with %s is %s', (code, fault, retryable) => {
    const found = connectionFault(withCode(code), PLACE, false);
    expect(found).toMatchObject({ code: fault, retryable });
    expect(found.message).toContain(code);
    expect(found.message).toContain('https://host/v1');
  });

  test('to a name with several addresses has the code of one of them', () => {
    const parts = ['::1', '127.0.0.1'].map((address) => Object.assign(new Error(address), { code: 'ECONNREFUSED' }));
    const error = new TypeError('fetch failed', { cause: new AggregateError(parts) });
    expect(connectionFault(error, PLACE, false).code).toBe('refused-connection');
  });

  test('without any code is told by its words, and is a cut where the answer had begun', () => {
    const error = new TypeError('fetch failed', { cause: new Error('bad port') });
    expect(connectionFault(error, PLACE, false)).toMatchObject({ code: 'unreachable', retryable: false });
    expect(connectionFault(error, PLACE, false).message).toContain('bad port');
    expect(connectionFault(new TypeError('terminated'), PLACE, true).code).toBe('reset');
  });

  test('whose causes go in a circle is told all the same', () => {
    const error = new Error('round');
    error.cause = error;
    expect(connectionFault(error, PLACE, false).code).toBe('unreachable');
  });
});

describe('the body of a rejection', () => {
  test.each<[body: string, message: string]>([
    ['{"error": {"message": "no"}}', 'no'],
    ['{"error": "no"}', 'no'],
    ['{"detail": "no"}', 'no'],
    ['{"message": "no"}', 'no'],
    ['{"title": "no"}', 'no'],
    ['{"detail": [{"loc": ["body"], "msg": "no"}]}', '[{"loc":["body"],"msg":"no"}]'],
    ['{"other": 1}', '{"other":1}'],
    ['no\n\nway', 'no way'],
    ['<html><head><title>502 Bad\nGateway</title></head>', '502 Bad Gateway'],
    ['<html><body>x', 'an HTML page'],
    ['', ''],
    ['[1]', '[1]'],
    ['x'.repeat(5_000), `${'x'.repeat(299)}…`],
    ['\u001b[31mred', '␛[31mred'],
  ])('%j says %j', (body, message) => {
    expect(readErrorBody(body).message).toBe(message);
  });

  test('gives code, type and param where they are words', () => {
    const body = JSON.stringify({ error: { message: 'm', code: 1211, type: 'a', param: null } });
    expect(readErrorBody(body)).toEqual({ message: 'm', code: '1211', type: 'a', param: null });
  });
});

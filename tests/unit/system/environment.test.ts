// Variables of the process and of .env: which counts, where it came from, what must not be shown.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createEnvironment, readEnvFile } from '../../../src/system/environment.ts';
import { makeFolder } from '../temporary.ts';

const withEnv = (file: string | undefined, own: NodeJS.ProcessEnv = {}) =>
  createEnvironment(makeFolder(file === undefined ? {} : { '.env': file }), own);

describe('a variable', () => {
  test.each<
    [
      what: string,
      file: string | undefined,
      own: NodeJS.ProcessEnv,
      value: string | undefined,
      source: 'environment' | '.env' | undefined,
    ]
  >([
    ['of the process', undefined, { A: 'own' }, 'own', 'environment'],
    ['of .env', 'A=file', {}, 'file', '.env'],
    ['of both is that of the process', 'A=file', { A: 'own' }, 'own', 'environment'],
    ['that is empty in the process is that of .env', 'A=file', { A: '' }, 'file', '.env'],
    ['that is empty in both is not set', 'A=', { A: '' }, undefined, undefined],
    ['that is nowhere is not set', 'B=x', {}, undefined, undefined],
  ])('%s', (_, file, own, value, source) => {
    const environment = withEnv(file, own);
    expect(environment.get('A')).toBe(value);
    expect(environment.source('A')).toBe(source);
  });

  test('of .env is not handed to scripts', () => {
    expect(withEnv('A=file\nB=file', { B: 'own', C: undefined }).process).toEqual({ B: 'own' });
  });
});

describe('an env file', () => {
  test.each<[text: string, values: Record<string, string>]>([
    ['A=1\nB = two words \n', { A: '1', B: 'two words' }],
    ['# comment\n\nexport A=1\n', { A: '1' }],
    ['A="x # y"\nB=\'$C\'\n', { A: 'x # y', B: '$C' }],
    ['A="one\ntwo"\n', { A: 'one\ntwo' }],
    ['not a line\nA=1', { A: '1' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['', {}],
  ])('%j', (text, values) => {
    expect(readEnvFile(path.join(makeFolder({ x: text }), 'x'))).toEqual(values);
  });

  test('that is not there has no values', () => {
    expect(readEnvFile(path.join(makeFolder(), 'x'))).toEqual({});
  });
});

describe('secrets', () => {
  test('are the values of names that say so, and those that are declared', () => {
    const environment = withEnv('DB_PASSWORD=file-pass\nPLAIN=plain\nNAMED=named', {
      API_KEY: 'own-key',
      HOME: '/h',
      OTHER: 'other',
    });
    expect(environment.secrets(['NAMED', 'OTHER', 'MISSING'])).toEqual({
      API_KEY: 'own-key',
      OTHER: 'other',
      DB_PASSWORD: 'file-pass',
      NAMED: 'named',
    });
    expect(environment.secrets([])).toEqual({ API_KEY: 'own-key', DB_PASSWORD: 'file-pass' });
  });

  test('are both values of a name that has two', () => {
    expect(withEnv('A_TOKEN=from-file', { A_TOKEN: 'from-own' }).secrets([])).toEqual({
      A_TOKEN: 'from-own',
      'A_TOKEN of .env': 'from-file',
    });
    expect(withEnv('A_TOKEN=same', { A_TOKEN: 'same' }).secrets([])).toEqual({ A_TOKEN: 'same' });
  });
});

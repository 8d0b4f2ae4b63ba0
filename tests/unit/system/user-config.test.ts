// What a person has allowed once.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTrustedHosts, trustHost } from '../../../src/system/user-config.ts';
import { makeFolder } from '../temporary.ts';

const FILE = 'orchestrate/trusted-hosts.json';

describe('trusted hosts', () => {
  test.each<[what: string, text: string | undefined, hosts: string[]]>([
    ['are none where nothing was allowed', undefined, []],
    ['are those of the file', '["a.example", "b.example:8080"]', ['a.example', 'b.example:8080']],
    ['are none where the file is damaged', '["a.example"', []],
    ['are none where the file holds something else', '{"a.example": true}', []],
    ['are the texts among other things', '["a.example", 5, null]', ['a.example']],
  ])('%s', (_, text, hosts) => {
    expect(readTrustedHosts({ XDG_CONFIG_HOME: makeFolder(text === undefined ? {} : { [FILE]: text }) })).toEqual(
      hosts,
    );
  });

  test('are added once, in order, and kept', async () => {
    const env = { XDG_CONFIG_HOME: makeFolder() };
    for (const host of ['b.example', 'a.example', 'b.example']) expect((await trustHost(env, host)).ok).toBe(true);
    expect(readTrustedHosts(env)).toEqual(['a.example', 'b.example']);
  });

  test('that cannot be kept are a failure', async () => {
    const folder = makeFolder({ orchestrate: 'a file in the place of the folder' });
    expect(await trustHost({ XDG_CONFIG_HOME: folder }, 'a.example')).toMatchObject({
      ok: false,
      error: { path: path.join(folder, FILE) },
    });
  });
});

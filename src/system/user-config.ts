// What a person has allowed once, kept in their own configuration folder. Knows the file, not what a host is used for.

import path from 'node:path';
import { ok, type Result } from '../base/result.ts';
import { type FileFailure, readText } from './files.ts';
import { userConfigFolder } from './paths.ts';
import { replaceFile } from './replace.ts';

function trustFile(env: NodeJS.ProcessEnv): string {
  return path.join(userConfigFolder(env), 'trusted-hosts.json');
}

/** Hosts that may receive a key although a runbook named them. */
export function readTrustedHosts(env: NodeJS.ProcessEnv): string[] {
  const text = readText(trustFile(env));
  if (!text.ok) return [];
  try {
    const value: unknown = JSON.parse(text.value);
    return Array.isArray(value) ? value.filter((host): host is string => typeof host === 'string') : [];
  } catch {
    return [];
  }
}

export async function trustHost(env: NodeJS.ProcessEnv, host: string): Promise<Result<undefined, FileFailure>> {
  const hosts = [...new Set([...readTrustedHosts(env), host])].sort();
  const written = await replaceFile(trustFile(env), `${JSON.stringify(hosts, null, 2)}\n`);
  return written.ok ? ok(undefined) : written;
}

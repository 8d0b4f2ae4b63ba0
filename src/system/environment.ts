// The environment a project runs in: the process's variables and the project's .env. Knows nothing of what they are for.

import path from 'node:path';
import { parseEnv } from 'node:util';
import type { Result } from '../base/result.ts';
import { isSecretName } from '../base/secrets.ts';
import { type FileFailure, readText } from './files.ts';

export type Environment = {
  /** A value by name: the real environment wins over .env (design.md §2). */
  readonly get: (name: string) => string | undefined;
  /** Where the value comes from: keys may only go to hosts named by a source at least as trusted (design.md §5). */
  readonly source: (name: string) => 'environment' | '.env' | undefined;
  /** The process's own variables, without .env: what scripts inherit (design.md §5). */
  readonly process: Readonly<Record<string, string>>;
  /** .env is there and cannot be read, though this user may: then its secrets are not known. */
  readonly unreadable: FileFailure | undefined;
  /** Name → value of everything that must never be shown (design.md §7). */
  readonly secrets: (declared: readonly string[]) => Record<string, string>;
};

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Variables of an env file (Node's own dialect, `util.parseEnv`); empty where there is none. */
export function readEnvFile(file: string): Record<string, string> {
  return variablesIn(readText(file));
}

function variablesIn(text: Result<string, FileFailure>): Record<string, string> {
  return text.ok ? definedOnly(parseEnv(text.value)) : {};
}

/** What this user may not read, a script of theirs cannot give away either. */
function whyUnreadable(text: Result<string, FileFailure>): FileFailure | undefined {
  return text.ok || ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR'].includes(text.error.errno)
    ? undefined
    : text.error;
}

export function createEnvironment(root: string, processEnv: NodeJS.ProcessEnv): Environment {
  const own = definedOnly(processEnv);
  const text = readText(path.join(root, '.env'));
  const file = variablesIn(text);
  const source = (name: string) => (own[name] ? ('environment' as const) : file[name] ? ('.env' as const) : undefined);
  const get = (name: string) => own[name] || file[name] || undefined;
  const secrets = (declared: readonly string[]): Record<string, string> => {
    const found: Record<string, string> = {};
    // Both values of a name are secret: the one in .env may still be shown by a tool that reads the file itself.
    const secret = ([name]: [string, string]) => isSecretName(name) || declared.includes(name);
    for (const [name, value] of Object.entries(own).filter(secret)) found[name] = value;
    for (const [name, value] of Object.entries(file).filter(secret)) {
      found[name in found && found[name] !== value ? `${name} of .env` : name] = value;
    }
    return found;
  };
  return { get, source, process: own, unreadable: whyUnreadable(text), secrets };
}

// What is needed to ask a model, and whether keys are safe: .env, the key, the provider, the recordings. Looks only; shows no value.

import path from 'node:path';
import { lineColumn } from '../base/diagnostic.ts';
import { count } from '../base/text.ts';
import type { ProviderName } from '../model/provider.ts';
import { mayUseKey, type NamedBy } from '../model/trust.ts';
import type { Runbook } from '../runbook/task.ts';
import type { Environment } from '../system/environment.ts';
import { exists, listFolder, readText } from '../system/files.ts';
import { runProcess } from '../system/processes.ts';
import { permissionsOf } from '../system/upkeep.ts';
import { readTrustedHosts } from '../system/user-config.ts';
import { type Check, fine } from './check.ts';

const KEY = 'OPENAI_API_KEY';
const DEFAULT_URL = 'https://api.openai.com/v1';
const GIT_MS = 5000;

export async function envFileChecks(root: string, environment: Environment, signal: AbortSignal): Promise<Check[]> {
  const id = 'env-file';
  const file = path.join(root, '.env');
  if (!exists(file)) return [fine(id, 'there is no .env')];
  const found: Check[] = [];
  const git = (...args: string[]) => gitExit(root, { args, environment, signal });
  // A hook that a repository's own settings name must not run because somebody asks for a check.
  if ((await git('ls-files', '--error-unmatch', '--', '.env')) === 0) {
    found.push({
      id: 'env-tracked',
      level: 'warning',
      message: '.env is tracked by git: its keys are in the history',
      advice: 'git rm --cached .env, add it to .gitignore, and replace the keys',
    });
  } else if ((await git('check-ignore', '-q', '--', '.env')) === 1) {
    found.push({
      id: 'env-ignored',
      level: 'warning',
      message: '.env is not ignored by git',
      advice: 'add the line ".env" to .gitignore',
    });
  }
  const mode = permissionsOf(file);
  if (mode !== undefined && (mode & 0o077) !== 0) {
    found.push({
      id: 'env-mode',
      level: 'warning',
      message: `.env can be read by others (mode ${mode.toString(8)})`,
      advice: 'chmod 600 .env',
    });
  }
  return found.length > 0 ? found : [fine(id, '.env is yours alone')];
}

type GitCall = { readonly args: readonly string[]; readonly environment: Environment; readonly signal: AbortSignal };

/** Undefined where there is no git. */
async function gitExit(root: string, { args, environment, signal }: GitCall): Promise<number | undefined> {
  const command = { kind: 'exec', file: 'git', args: ['-c', 'core.fsmonitor=false', ...args] } as const;
  const { end } = await runProcess({
    command,
    cwd: root,
    env: environment.process,
    timeoutMs: GIT_MS,
    stdin: 'none',
    signal,
  });
  return end.kind === 'exit' ? end.code : undefined;
}

export type ProviderFacts = {
  readonly environment: Environment;
  /** Undefined where it has errors. */
  readonly runbook: Runbook | undefined;
  /** `--provider`. */
  readonly asked: ProviderName | undefined;
};

export function keyCheck(environment: Pick<Environment, 'source'>): Check {
  const source = environment.source(KEY);
  return fine('key', source === undefined ? `${KEY} is not set` : `${KEY} is set (${source})`);
}

/** Who would answer the prompt of an AI task, and why (design.md §5). */
export function providerCheck({ environment, runbook, asked }: ProviderFacts): Check {
  const id = 'provider';
  if (runbook && !runbook.tasks.some((task) => task.type === 'AI_ASSISTED')) return fine(id, 'no task needs a model');
  const explicit = asked ?? runbook?.ai.provider;
  const why = asked === undefined ? 'runbook.yaml says so' : 'asked for by --provider';
  if (explicit === 'replay') return fine(id, `prompts are answered from the recordings (${why})`);
  if (explicit === 'paste') return fine(id, `prompts are answered by you, by pasting (${why})`);
  const hasKey = environment.get(KEY) !== undefined;
  if (explicit === undefined && !hasKey)
    return fine(id, `prompts are answered by a recording that fits, else by you, by pasting (no ${KEY})`);
  return serverCheck({ environment, runbook, why: explicit === undefined ? `${KEY} is set` : why });
}

function serverCheck({
  environment,
  runbook,
  why,
}: {
  environment: Environment;
  runbook: Runbook | undefined;
  why: string;
}): Check {
  const id = 'provider';
  const fromEnv = environment.source('OPENAI_BASE_URL');
  const url = environment.get('OPENAI_BASE_URL') ?? runbook?.ai.baseUrl ?? DEFAULT_URL;
  const hostFrom: NamedBy = fromEnv ?? (runbook?.ai.baseUrl ? 'runbook.yaml' : 'default');
  // Of the URL only the host is shown: it may hold a password.
  const host = /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).host : undefined;
  if (host === undefined)
    return {
      id,
      level: 'warning',
      message: `what ${hostFrom} names as the server is no address`,
      advice: 'write it whole, such as http://localhost:11434/v1',
    };
  const keyFrom = environment.source(KEY);
  if (keyFrom === undefined) {
    if (hostFrom !== 'default') return fine(id, `prompts go to ${host}, without a key (${why})`);
    return {
      id,
      level: 'warning',
      message: `prompts go to ${host} (${why}), and ${KEY} is not set`,
      advice: `set ${KEY} in your environment or in .env`,
    };
  }
  if (!mayUseKey({ keyFrom, hostFrom, host, trustedHosts: readTrustedHosts({ ...environment.process }) })) {
    return {
      id,
      level: 'warning',
      message: `the key of ${keyFrom === 'environment' ? 'your environment' : keyFrom} would go to ${host}, which only ${hostFrom} names`,
      advice:
        'name the server yourself (OPENAI_BASE_URL in your environment), or allow it when a run asks in a terminal',
    };
  }
  return fine(id, `prompts go to ${host} (${why})`);
}

export async function recordingsCheck(root: string, folder: string): Promise<Check> {
  const id = 'recordings';
  const names = (await listFolder(path.join(root, folder))).filter((name) => /\.ya?ml$/.test(name));
  if (names.length === 0) return fine(id, 'there are no recordings');
  const { parseRecording } = await import('../model/recording-yaml.ts');
  const problems = names.flatMap((name) => {
    const file = `${folder}/${name}`;
    const text = readText(path.join(root, file));
    if (!text.ok) return [`${file} cannot be read (${text.error.errno})`];
    const parsed = parseRecording({ file, text: text.value });
    const first = parsed.ok ? undefined : parsed.error[0];
    if (first === undefined) return [];
    const line = first.place?.span ? `:${lineColumn(text.value, first.place.span.start).line}` : '';
    return [`${file}${line}: ${first.message}`];
  });
  const [first] = problems;
  if (first === undefined) return fine(id, `${count(names.length, 'recording')} can be read`);
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return { id, level: 'warning', message: `${first}${more}`, advice: 'mend or remove it; it answers nothing as it is' };
}

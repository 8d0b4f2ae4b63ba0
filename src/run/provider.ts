// Chooses and makes the provider for a task's request (design.md §5): the key, the host and their trust, the recordings, the person.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { lowerFirst, upperFirst } from '../base/text.ts';
import type { ModelProvider, ModelRequest, ProviderName } from '../model/provider.ts';
import { selectProvider } from '../model/select.ts';
import { mayUseKey, type NamedBy } from '../model/trust.ts';
import type { Runbook } from '../runbook/task.ts';
import type { Environment } from '../system/environment.ts';
import { listFolder, readText } from '../system/files.ts';
import { readTrustedHosts, trustHost } from '../system/user-config.ts';
import type { Person } from './ports.ts';

export const RECORDING_FOLDER = 'recordings';

export type ProviderParts = {
  readonly root: string;
  readonly environment: Environment;
  readonly redactor: Redactor;
  readonly person: Person | undefined;
  /** `--provider`. */
  readonly asked: ProviderName | undefined;
};

/** One chooser a session: the recordings are read once, and repeated answers are given in their order. */
export function createProviderChooser(
  parts: ProviderParts,
): (runbook: Runbook, request: ModelRequest) => Promise<Result<ModelProvider, Failure>> {
  let replay: Promise<Awaited<ReturnType<typeof makeReplay>>> | undefined;
  return async (runbook, request) => {
    replay ??= makeReplay(parts);
    const recorded = await replay;
    const explicit = parts.asked ?? runbook.ai.provider;
    const server = serverOf(parts.environment, runbook);
    const chosen = selectProvider({
      ...(explicit === undefined ? {} : { explicit }),
      hasKey: server.key !== undefined,
      ownServer: server.hostFrom !== 'default',
      hasFittingRecording: explicit === undefined && (await recorded.fits(request)),
      interactive: parts.person !== undefined,
    });
    if (!chosen.ok)
      return err({ code: 'waiting', message: lowerFirst(chosen.error.message), advice: chosen.error.advice });
    switch (chosen.value) {
      case 'replay':
        return ok(recorded);
      case 'paste':
        return makePaste(parts.person);
      case 'openai':
        return runbook.ai.budgetUsd === undefined ? makeOpenAi(parts, server) : err(unkeptBudget(runbook.ai.budgetUsd));
    }
  };
}

/** A limit that would not be kept must not be taken for one that is. */
function unkeptBudget(usd: number): Failure {
  const message = `the runbook sets a budget of $${usd} (ai: budget_usd), which this version cannot keep yet, so nothing is sent`;
  return { code: 'waiting', message, advice: 'remove budget_usd from runbook.yaml to go on without a limit' };
}

type Server = {
  readonly url: string;
  readonly hostFrom: NamedBy;
  readonly key: string | undefined;
  readonly keyFrom: NamedBy;
};

/** The base URL by the same order of trust as everything else: environment, .env, runbook. */
function serverOf(environment: Environment, runbook: Runbook): Server {
  const fromEnv = environment.get('OPENAI_BASE_URL');
  const url = fromEnv ?? runbook.ai.baseUrl ?? 'https://api.openai.com/v1';
  const hostFrom: NamedBy = fromEnv
    ? (environment.source('OPENAI_BASE_URL') ?? 'environment')
    : runbook.ai.baseUrl
      ? 'runbook.yaml'
      : 'default';
  return {
    url,
    hostFrom,
    key: environment.get('OPENAI_API_KEY'),
    keyFrom: environment.source('OPENAI_API_KEY') ?? 'default',
  };
}

async function makeOpenAi(
  { environment, person }: ProviderParts,
  server: Server,
): Promise<Result<ModelProvider, Failure>> {
  const host = URL.canParse(server.url) ? new URL(server.url).host : server.url;
  const env = { ...environment.process };
  const trusted =
    server.key === undefined ||
    mayUseKey({ keyFrom: server.keyFrom, hostFrom: server.hostFrom, host, trustedHosts: readTrustedHosts(env) });
  if (!trusted) {
    const message = `the key of ${server.keyFrom === 'environment' ? 'your environment' : server.keyFrom} would go to ${host}, which only ${server.hostFrom} names`;
    const allowed = await person?.choose({
      kind: 'trust-host',
      detail: `${upperFirst(message)}.`,
      message: 'Send it there, now and later?',
      choices: [
        { key: 'y', label: 'yes, I trust it' },
        { key: 'n', label: 'no' },
      ],
    });
    if (allowed !== 'y')
      return err({
        code: 'waiting',
        message,
        advice: 'name the server yourself (OPENAI_BASE_URL in your environment), or allow it once in a terminal',
      });
    await trustHost(env, host);
  }
  const { createOpenAiProvider } = await import('../model/openai.ts');
  return ok(createOpenAiProvider({ baseURL: server.url, apiKey: server.key }));
}

async function makeReplay({ root, redactor }: ProviderParts) {
  const { createReplayProvider } = await import('../model/replay.ts');
  const folder = path.join(root, RECORDING_FOLDER);
  const names = (await listFolder(folder)).filter((name) => /\.ya?ml$/.test(name));
  const files = names.flatMap((name) => {
    const text = readText(path.join(folder, name));
    return text.ok ? [{ file: `${RECORDING_FOLDER}/${name}`, text: text.value }] : [];
  });
  return createReplayProvider({ files, redact: redactor.text });
}

async function makePaste(person: Person | undefined): Promise<Result<ModelProvider, Failure>> {
  if (person === undefined)
    return err({
      code: 'waiting',
      message: 'nobody is at a terminal to paste an answer',
      advice: 'run it in a terminal',
    });
  const { createPasteProvider } = await import('../model/paste.ts');
  const readAnswer = async () => (await person.paste()) ?? null;
  return ok(
    createPasteProvider({ show: (prompt) => person.show('Prompt: copy it into any chat window', prompt), readAnswer }),
  );
}

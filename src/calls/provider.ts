// Chooses and makes the provider for a request (design.md §5): the key, the host and their trust, the recordings, the person.

import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { lowerFirst, upperFirst } from '../base/text.ts';
import type { CallStore } from '../history/calls.ts';
import type { PriceOverrides } from '../model/cost.ts';
import type { ModelProvider, ModelRequest, ProviderName } from '../model/provider.ts';
import type { RecordingFile } from '../model/recording.ts';
import type { ReplayProvider } from '../model/replay.ts';
import { selectProvider } from '../model/select.ts';
import { mayUseKey, type NamedBy } from '../model/trust.ts';
import { readPlain } from '../runbook/plain.ts';
import type { AiSettings } from '../runbook/task.ts';
import type { Environment } from '../system/environment.ts';
import { listFolderNow, readText } from '../system/files.ts';
import { readTrustedHosts, trustHost } from '../system/user-config.ts';
import { type Asked, createHistoryReplay } from './history-replay.ts';
import type { CallFlags, Refused } from './types.ts';

export const RECORDING_FOLDER = 'recordings';

/** The part of a person at a terminal that a call needs. */
export type CallPerson = {
  readonly choose: (question: TrustQuestion) => Promise<'y' | 'n' | undefined>;
  readonly paste: () => Promise<string | undefined>;
  readonly show: (title: string, text: string) => void;
};

type TrustQuestion = {
  readonly kind: 'trust-host';
  readonly detail: string;
  readonly message: string;
  readonly choices: readonly { readonly key: 'y' | 'n'; readonly label: string }[];
};

export type ProviderParts = {
  readonly root: string;
  readonly environment: Environment;
  readonly redactor: Redactor;
  readonly person: CallPerson | undefined;
  /** `--provider`. */
  readonly asked: ProviderName | undefined;
  readonly replay: CallFlags['replay'];
  readonly accepted: () => Promise<ReturnType<CallStore['accepted']>>;
};

export type Wanted = { readonly request: ModelRequest; readonly prices: PriceOverrides; readonly asked: Asked };
export type ChooseProvider = (ai: AiSettings, wanted: Wanted) => Promise<Result<ModelProvider, Refused>>;

/** One chooser a session: the recordings are read once, and repeated answers are given in their order. */
export function createProviderChooser(parts: ProviderParts): ChooseProvider {
  const replaying = onlyRecorded(parts);
  if (replaying !== undefined) return async (_ai, wanted) => ok(await replaying(wanted));
  let replay: Promise<ReplayProvider> | undefined;
  return async (ai, { request, prices }) => {
    replay ??= makeReplay(parts, { folder: path.join(parts.root, RECORDING_FOLDER), shown: RECORDING_FOLDER });
    const recorded = await replay;
    const explicit = parts.asked ?? ai.provider;
    const server = serverOf(parts.environment, ai);
    const chosen = selectProvider({
      ...(explicit === undefined ? {} : { explicit }),
      hasKey: server.key !== undefined,
      ownServer: server.hostFrom !== 'default',
      hasFittingRecording: explicit === undefined && (await recorded.fits(request)),
      interactive: parts.person !== undefined,
    });
    if (!chosen.ok) return err(waiting(lowerFirst(chosen.error.message), chosen.error.advice));
    switch (chosen.value) {
      case 'replay':
        return ok(recorded);
      case 'paste':
        return makePaste(parts.person);
      case 'openai':
        return makeOpenAi(parts, server, prices);
    }
  };
}

/**
 * For many calls at the same time: who answers the first one answers all for that model, and what was learnt of the server (which
 * parameters it takes) is not learnt anew for each. Nobody edits the settings of a batch while it runs.
 */
export function keepChosen(choose: ChooseProvider): ChooseProvider {
  const kept = new Map<string, ModelProvider>();
  return async (ai, wanted) => {
    const known = kept.get(wanted.request.model);
    if (known !== undefined) return ok(known);
    const chosen = await choose(ai, wanted);
    if (chosen.ok && chosen.value.name === 'openai') kept.set(wanted.request.model, chosen.value);
    return chosen;
  };
}

/** `--replay`: offline and strictly; nothing else is ever asked. */
function onlyRecorded(parts: ProviderParts): ((wanted: Wanted) => Promise<ModelProvider>) | undefined {
  const { replay, redactor } = parts;
  switch (replay?.kind) {
    case 'history':
      return async ({ asked }) => createHistoryReplay(await parts.accepted(), { asked, redact: redactor.text });
    case 'folder': {
      const { folder } = replay;
      let made: Promise<ReplayProvider> | undefined;
      return () => (made ??= makeReplay(parts, { folder, shown: shownFolder(parts.root, folder), strict: true }));
    }
    default:
      return undefined;
  }
}

/** Inside the project relative to it, elsewhere as it is. */
function shownFolder(root: string, folder: string): string {
  const relative = path.relative(root, folder);
  return relative.startsWith('..') ? folder : relative;
}

function waiting(message: string, advice: string): Refused {
  return { message, advice, badInput: false };
}

type Server = {
  readonly url: string;
  readonly hostFrom: NamedBy;
  readonly key: string | undefined;
  readonly keyFrom: NamedBy;
};

/** The base URL by the same order of trust as everything else: environment, .env, runbook. */
function serverOf(environment: Environment, ai: AiSettings): Server {
  const fromEnv = environment.get('OPENAI_BASE_URL');
  const url = fromEnv ?? ai.baseUrl ?? 'https://api.openai.com/v1';
  const hostFrom: NamedBy = fromEnv
    ? (environment.source('OPENAI_BASE_URL') ?? 'environment')
    : ai.baseUrl
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
  { environment, person, redactor }: ProviderParts,
  server: Server,
  prices: PriceOverrides,
): Promise<Result<ModelProvider, Refused>> {
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
      return err(
        waiting(
          message,
          'name the server yourself (OPENAI_BASE_URL in your environment), or allow it once in a terminal',
        ),
      );
    await trustHost(env, host);
  }
  const { createOpenAiProvider } = await import('../model/openai.ts');
  return ok(createOpenAiProvider({ baseURL: server.url, apiKey: server.key, prices, redact: redactor.text }));
}

type ReplayFolder = { readonly folder: string; readonly shown: string; readonly strict?: boolean };

async function makeReplay(
  { redactor }: ProviderParts,
  { folder, shown, strict = false }: ReplayFolder,
): Promise<ReplayProvider> {
  const { createReplayProvider } = await import('../model/replay.ts');
  const names = listFolderNow(folder).filter((name) => /\.ya?ml$/.test(name));
  const files = names.flatMap((name): RecordingFile[] => {
    const text = readText(path.join(folder, name));
    return text.ok ? [{ file: `${shown}/${name}`, text: text.value }] : [];
  });
  const plain = (text: string) => readPlain(text)?.data;
  return createReplayProvider({ files, plain, strict, redact: redactor.text });
}

async function makePaste(person: CallPerson | undefined): Promise<Result<ModelProvider, Refused>> {
  if (person === undefined) return err(waiting('nobody is at a terminal to paste an answer', 'run it in a terminal'));
  const { createPasteProvider } = await import('../model/paste.ts');
  const readAnswer = async () => (await person.paste()) ?? null;
  return ok(
    createPasteProvider({ show: (prompt) => person.show('Prompt: copy it into any chat window', prompt), readAnswer }),
  );
}

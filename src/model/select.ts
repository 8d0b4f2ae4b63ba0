// Which provider answers (design.md §5). Pure; knows neither the environment nor the recordings.
import { err, ok, type Result } from '../base/result.ts';
import type { ProviderName } from './provider.ts';

export type SelectInput = {
  /** As asked for by `--provider` or the runbook. */
  readonly explicit?: ProviderName;
  /** Whether a key is set that may go to the server. */
  readonly hasKey: boolean;
  /** Whether the server is another than OpenAI's: such a one may want no key. */
  readonly ownServer?: boolean;
  readonly hasFittingRecording: boolean;
  readonly interactive: boolean;
};

/** Why no provider can be used. Every one of them waits for a person (exit 3). */
export type NoProvider = {
  readonly code: 'no-key' | 'no-terminal' | 'no-provider';
  readonly message: string;
  readonly advice: string;
};

const RECORDING_ADVICE = 'add a recording of this request';

/** What was asked for, if it can be; otherwise a server where a key is set, else a recording that fits, else the person. */
export function selectProvider(input: SelectInput): Result<ProviderName, NoProvider> {
  if (input.explicit !== undefined) return explicitly(input.explicit, input);
  if (input.hasKey) return ok('openai');
  if (input.hasFittingRecording) return ok('replay');
  if (input.interactive) return ok('paste');
  return err({
    code: 'no-provider',
    message:
      'Nothing can answer the prompt: no key is set, no recording fits, and nobody is at a terminal to paste an answer',
    advice: `Set OPENAI_API_KEY, ${RECORDING_ADVICE}, or run it in a terminal. For a server of your own that wants no key: --provider openai.`,
  });
}

function explicitly(
  name: ProviderName,
  { hasKey, ownServer = false, interactive }: SelectInput,
): Result<ProviderName, NoProvider> {
  if (name === 'openai' && !hasKey && !ownServer) {
    return err({
      code: 'no-key',
      message: 'The provider openai is asked for, and no key is set for its server',
      advice: 'Set OPENAI_API_KEY in the environment or in .env.',
    });
  }
  if (name === 'paste' && !interactive) {
    return err({
      code: 'no-terminal',
      message: 'The provider paste is asked for, and nobody is at a terminal to paste an answer',
      advice: `Run it in a terminal, set OPENAI_API_KEY, or ${RECORDING_ADVICE} and use --provider replay.`,
    });
  }
  return ok(name);
}

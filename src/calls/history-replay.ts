// Answers from the project's own history (`--replay history`), so that a runbook can be rehearsed offline in a copy. Asks nobody.

import { localTime } from '../base/text.ts';
import type { AcceptedCall } from '../history/calls.ts';
import { changeText, type ModelProvider, type ModelRequest } from '../model/provider.ts';
import type { Recording } from '../model/recording.ts';
import { createReplayProvider } from '../model/replay.ts';
import type { About } from './types.ts';

/** What a question is known by besides its text. */
export type Asked = Pick<About, 'requestHash' | 'taskId' | 'templateName'>;
type Named = Recording & { readonly file: string };

/** The newest accepted answer to the same question; else the newest of the same task (of the same template, where there is no task). */
export function createHistoryReplay(
  accepted: readonly AcceptedCall[],
  { asked, redact }: { asked: Asked; redact: (text: string) => string },
): ModelProvider {
  const same = accepted.find(({ requestHash }) => requestHash === asked.requestHash);
  const alike = accepted.find(({ taskId, templateName }) =>
    asked.taskId === undefined ? taskId === null && templateName === asked.templateName : taskId === asked.taskId,
  );
  const found = same ?? alike;
  const others = createReplayProvider({ recordings: accepted.map((call) => named(call)), strict: true, redact });
  if (found === undefined) return others;
  const note = same === undefined ? ', given to another prompt' : '';
  const answering = (request: ModelRequest): ModelProvider =>
    createReplayProvider({ recordings: [{ ...named(found, note), request: asKept(request, redact) }], redact });
  return { ...others, fits: async () => true, call: (request, options) => answering(request).call(request, options) };
}

function asKept(request: ModelRequest, redact: (text: string) => string): ModelRequest {
  return {
    ...request,
    messages: request.messages.map(({ role, content }) => ({ role, content: changeText(content, redact) })),
  };
}

function named(call: AcceptedCall, note = ''): Named {
  return {
    file: `the history (call ${call.id.slice(0, 8)} of ${localTime(call.createdAt)}${note})`,
    request: requestOf(call),
    answer: { text: call.text, finishReason: call.finishReason ?? 'stop', model: call.resolvedModel, usage: null },
  };
}

/** Rows of an older version kept the prompt alone. */
function requestOf({ request, model, promptText }: AcceptedCall): ModelRequest {
  return (request as ModelRequest | undefined) ?? { model, messages: [{ role: 'user', content: promptText }] };
}

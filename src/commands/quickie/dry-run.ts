// `orchestrate quickie run --dry-run`: the request as it would be sent, and its price. Sends nothing and records nothing.

import type { App } from '../../app.ts';
import { upperFirst } from '../../base/text.ts';
import { priceOffline } from '../../calls/price.ts';
import type { CallFlags, Plan, Refused } from '../../calls/types.ts';
import type { Home } from '../../home.ts';
import { COMMON_DIALECT, requestBody } from '../../model/openai-request.ts';
import type { CostEstimate, ModelRequest } from '../../model/provider.ts';
import type { Prepared } from '../../quickies/prepare.ts';
import { refusedFailure } from '../../quickies/service.ts';
import { isTerminal } from '../../system/stdin.ts';
import { writeJson } from '../../terminal/io.ts';
import { money } from '../history/draw.ts';
import { fail } from '../outcome.ts';
import { openQuickies } from './open.ts';
import { forStdout } from './report.ts';

type Shown = {
  readonly request: ModelRequest;
  readonly estimate: CostEstimate;
  /** Who would answer; undefined where nobody would. */
  readonly provider: string | undefined;
  /** Whether there is a recording that answers it; undefined where none is asked for. */
  readonly recorded?: boolean | undefined;
  readonly refused: Refused | undefined;
};

export async function dryRun(
  app: App,
  home: Home,
  { prepared, flags }: { prepared: Prepared; flags: CallFlags },
): Promise<number> {
  const { io } = app;
  const { parts, close } = await openQuickies(app, home, { flags, report: () => undefined });
  try {
    const plan = await parts.models.plan(home.ai, { request: prepared.request, about: prepared.about });
    if (!plan.ok && plan.error.badInput) return fail(io, refusedFailure(plan.error));
    const shown: Shown = plan.ok
      ? { ...(await priced(home, plan.value)), ...(await whoAnswers(plan.value)), refused: undefined }
      : { ...(await priceOffline(home, prepared.request)), provider: undefined, refused: plan.error };
    show(app, prepared, shown);
    return 0;
  } finally {
    close();
  }
}

async function whoAnswers({ provider, request }: Plan): Promise<Pick<Shown, 'provider' | 'recorded'>> {
  return { provider: provider.name, recorded: await provider.fits?.(request) };
}

/** By the price of its model, also where a recording or a person would answer: what it costs to send it is asked for here. */
async function priced(home: Home, { request, estimate, provider }: Plan): Promise<Pick<Shown, 'request' | 'estimate'>> {
  return provider.name === 'openai' ? { request, estimate } : priceOffline(home, request);
}

function show({ io }: App, { about }: Prepared, shown: Shown): void {
  const { request, estimate, provider, recorded, refused } = shown;
  const body = requestBody(request, COMMON_DIALECT);
  const { promptTokens, promptUsd, atMostUsd } = estimate;
  if (io.json) {
    writeJson(io, {
      template_name: about.templateName,
      prompt_hash: about.promptHash,
      provider: provider ?? null,
      ...(recorded === undefined ? {} : { recorded }),
      ...(refused === undefined ? {} : { refused: { message: refused.message, advice: refused.advice } }),
      request: body,
      estimate: { prompt_tokens: promptTokens, prompt_usd: promptUsd, at_most_usd: atMostUsd },
    });
    return;
  }
  const terminal = isTerminal(1);
  const text = JSON.stringify(body, terminal ? shortImages : undefined, 2);
  io.out(forStdout(`${text}\n\n${priceLine(shown)}\n`, terminal));
  if (refused !== undefined)
    io.err(`${io.errStyle.warn('note')}: ${refused.message}\n${io.errStyle.accent('→')} ${refused.advice}\n`);
}

/** Nobody reads the bytes of an image. */
function shortImages(key: string, value: unknown): unknown {
  return key === 'url' && typeof value === 'string' && value.startsWith('data:') ? `${value.slice(0, 40)}…` : value;
}

function answerWords({ provider, recorded }: Shown): string {
  if (provider === undefined) return 'nobody would answer it yet';
  if (recorded === undefined) return `"${provider}" would answer it`;
  return recorded ? 'a recording would answer it, which costs nothing' : 'no recording answers it';
}

function priceLine(shown: Shown): string {
  const { promptTokens, promptUsd, atMostUsd } = shown.estimate;
  const who = answerWords(shown);
  const tokens = `about ${promptTokens.toLocaleString('en')} tokens to send`;
  const price =
    promptUsd === null
      ? 'price unknown'
      : `${money(promptUsd)} for them${atMostUsd === null ? ', the answer on top' : `, at most ${money(atMostUsd)} with the answer`}`;
  return `${upperFirst(tokens)}: ${price}; ${who}. Nothing was sent.`;
}

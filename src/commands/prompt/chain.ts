// `orchestrate prompt chain`: several prompts one after the other, each with the answer of the one before.

import type { App } from '../../app.ts';
import { exitCode } from '../../base/failure.ts';
import { formatDuration, neutralise, oneLine } from '../../base/text.ts';
import { createAsk } from '../../batch/ask.ts';
import type { BatchResult } from '../../batch/types.ts';
import { openHome } from '../../home.ts';
import { type Chain, type ChainEnd, type ChainNews, openChain, runChain, textOf } from '../../prompts/chain.ts';
import { isPlainOutput } from '../../system/output.ts';
import { costWords } from '../../terminal/batch-progress.ts';
import { writeJson } from '../../terminal/io.ts';
import { jsonFailure } from '../../terminal/json.ts';
import { drawFailure } from '../../terminal/wording.ts';
import { type KeptRun, keyOf, withKeptRun } from '../batch/kept-run.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { asFailure } from './open.ts';

export type ChainOptions = CallOptions & {
  readonly prompts: readonly string[];
  readonly var?: readonly string[];
  readonly model?: string;
  readonly fresh?: boolean;
};

/** A chain that failed or was stopped is gone on with; one that came to its end begins anew. */
export async function chain(app: App, options: ChainOptions): Promise<number> {
  const flags = callFlags(app, options);
  if (!flags.ok) return fail(app.io, flags.error);
  const home = await openHome(app);
  if (!home.ok) return fail(app.io, home.error);
  const { redactor, root, ai } = home.value;
  const { prompts, var: pairs = [], model } = options;
  const opened = await openChain({ home: home.value, redactor, prompts, pairs, model, defaultModel: ai.model });
  if (!opened.ok) return fail(app.io, await asFailure(opened.error));
  const { steps } = opened.value;
  const key = keyOf('chain', [root, ...steps.map(({ prompt }) => `${prompt.from} ${prompt.file}`)]);
  const wanted = { home: home.value, flags: flags.value, key, grouped: false };
  const fresh: Parameters<typeof withKeptRun>[1]['fresh'] = (rows, runId) =>
    options.fresh === true || rows.isComplete(runId, steps.length);
  return withKeptRun(app, { ...wanted, fresh }, (run) => carryOut(app, opened.value, run));
}

async function carryOut(app: App, opened: Chain, { opened: home, rows, runId, known }: KeptRun): Promise<number> {
  const { models, ai, redactor } = home;
  const end = await runChain(
    opened,
    (question) =>
      createAsk({
        models,
        ai,
        redactor,
        rows,
        runId,
        known,
        retryFailed: true,
        questionOf: () => ({ ok: true, value: question }),
      }),
    newsOf(app, opened),
  );
  if (app.io.json) tellJson(app, opened, { end, runId });
  else tell(app, opened, end);
  return end.failed === undefined ? 0 : exitCode(end.failed.failure);
}

function newsOf({ io }: App, { steps }: Chain): ChainNews {
  const quiet = io.quiet || io.json;
  const say = (text: string) => (quiet ? undefined : io.err(`${text}\n`));
  const name = (step: number) => `${step + 1}/${steps.length} ${oneLine(steps[step]?.prompt.file ?? '')}`;
  let began = 0;
  return {
    begins(step) {
      began = performance.now();
      say(io.errStyle.dim(`${name(step)} …`));
    },
    done(step, { from, result }) {
      const how = from === 'history' ? 'from the history' : formatDuration(performance.now() - began);
      say(`${io.errStyle.good('✓')} ${name(step)} · ${how} · ${costOf([result])}`);
      if (io.verbose && step < steps.length - 1) say(neutralise(textOf(result)));
    },
    hooks: {
      report(news) {
        if (news.kind === 'model-retry' && !io.json)
          io.err(
            `${io.errStyle.warn(oneLine(news.reason))}; attempt ${news.attempt} in ${formatDuration(news.delayMs)}\n`,
          );
        if (news.kind === 'warning') io.err(`${io.errStyle.warn('warning')}: ${oneLine(news.message)}\n`);
      },
    },
  };
}

/** Of all steps, also of those that were answered before. */
function costOf(results: readonly BatchResult[]): string {
  const usd = results.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
  return costWords(usd, unknownCosts(results));
}

/** A server that refuses charges nothing. */
function unknownCosts(results: readonly BatchResult[]): number {
  return results.filter(({ cost_usd, output }) => cost_usd === null && output !== null).length;
}

/** The last answer is the result: in a pipe as it is, in a terminal so that it cannot steer it. */
function tell({ io }: App, { steps }: Chain, { done, failed }: ChainEnd): void {
  const results = done.map(({ result }) => result);
  if (failed === undefined) {
    const answer = textOf(results.at(-1));
    const shown = isPlainOutput(1) ? answer : neutralise(answer);
    io.out(shown.endsWith('\n') ? shown : `${shown}\n`);
    if (!io.quiet) io.err(`${steps.length} of ${steps.length} steps · ${costOf(results)}\n`);
    return;
  }
  const all = failed.result === undefined ? results : [...results, failed.result];
  const step = steps[done.length]?.prompt.file ?? '';
  io.err(
    `${io.errStyle.bad('✗')} step ${done.length + 1} of ${steps.length}, ${oneLine(step)} · ${costOf(all)} so far\n`,
  );
  io.err(drawFailure(failed.failure, io.errStyle, io.verbose));
}

function tellJson({ io }: App, { steps }: Chain, { end, runId }: { end: ChainEnd; runId: string }): void {
  const { done, failed } = end;
  const results = [...done.map(({ result }) => result), ...(failed?.result === undefined ? [] : [failed.result])];
  writeJson(io, {
    run_id: runId,
    ended: failed === undefined ? 'finished' : 'failed',
    steps: results.map(({ index, ...result }, at) => ({
      step: index,
      prompt: steps[at]?.prompt.file,
      from: done[at]?.from ?? 'call',
      ...result,
    })),
    output: failed === undefined ? (results.at(-1)?.output ?? null) : null,
    cost_usd: Number(results.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0).toFixed(10)),
    cost_unknown: unknownCosts(results),
    ...(failed === undefined ? {} : jsonFailure(failed.failure)),
  });
}

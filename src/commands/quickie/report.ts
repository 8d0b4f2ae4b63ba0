// News of a quickie on stderr, in few words, so that stdout has the answer alone. Knows no task.

import { formatDuration, neutralise, oneLine } from '../../base/text.ts';
import type { CallNews } from '../../calls/types.ts';
import { createAnswerStream } from '../../terminal/answer-stream.ts';
import type { Io } from '../../terminal/io.ts';
import { money } from '../history/draw.ts';

export type QuickieReport = {
  readonly report: (news: CallNews) => void;
  /** The answer was shown as it came. */
  readonly shown: () => boolean;
  /** No more comes: what was shown of an answer is ended by a line. */
  readonly end: () => void;
};

const SAY_AFTER_MS = 800;

/** `live`: the answer is shown on the terminal that stdout is, as it comes. */
export function createReport(io: Io, { live }: { live: boolean }): QuickieReport {
  const { errStyle: style } = io;
  const stream = createAnswerStream(io.style, true);
  const waiting = createWaitLine(io);
  let text = '';
  const line = (said: string) => {
    waiting.stop();
    io.err(`${said}\n`);
  };
  let ended = false;
  const end = (): void => {
    waiting.stop();
    if (text !== '' && !ended) io.out(`${stream.end()}${text.endsWith('\n') ? '' : '\n'}`);
    ended = true;
  };
  const report = (news: CallNews): void => {
    switch (news.kind) {
      case 'model-sent':
        return news.provider === 'openai' ? waiting.start() : undefined;
      case 'model-text':
        waiting.stop();
        if (!live) return undefined;
        text += news.text;
        return io.out(stream.push(news.text));
      case 'model-retry':
        return line(style.warn(`${oneLine(news.reason)}; attempt ${news.attempt} in ${formatDuration(news.delayMs)}`));
      case 'model-done':
        return end();
      case 'note':
        return io.quiet ? undefined : line(style.dim(oneLine(news.message)));
      case 'warning':
        return line(
          `${style.warn('warning')}: ${oneLine(news.message)}${news.advice ? `\n${style.accent('→')} ${oneLine(news.advice)}` : ''}`,
        );
    }
  };
  return { report, shown: () => text !== '', end };
}

/** Says that something is waited for, once that has lasted; only where somebody looks. */
function createWaitLine(io: Io): { start: () => void; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let visible = false;
  return {
    start() {
      if (!io.interactive || io.quiet) return;
      timer = setTimeout(() => {
        visible = true;
        io.err(io.errStyle.dim('waiting for the model …'));
      }, SAY_AFTER_MS);
    },
    stop() {
      clearTimeout(timer);
      if (visible) io.err('\r\u001B[K');
      visible = false;
    },
  };
}

export type Facts = {
  readonly id: string;
  readonly model: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly costUsd: number | null;
  readonly totalMs: number;
};

/** `1a2b3c4d · gpt-4o-mini · 812 + 24 tokens · $0.0001 · 1.2 s`. */
export function factsLine({ id, model, promptTokens, completionTokens, costUsd, totalMs }: Facts): string {
  const tokens =
    promptTokens === null && completionTokens === null
      ? []
      : [`${promptTokens ?? '?'} + ${completionTokens ?? '?'} tokens`];
  const cost = costUsd === null ? 'cost unknown' : money(costUsd);
  return [id.slice(0, 8), oneLine(model ?? 'unknown model'), ...tokens, cost, formatDuration(totalMs)].join(' · ');
}

/** What goes to a terminal cannot steer it; a pipe gets it as it is. */
export function forStdout(text: string, terminal: boolean): string {
  return terminal ? neutralise(text) : text;
}

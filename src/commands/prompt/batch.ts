// `orchestrate prompt batch`: one prompt, many inputs.

import type { App } from '../../app.ts';
import { ok } from '../../base/result.ts';
import type { Home } from '../../home.ts';
import { openPromptQuestions } from '../../prompts/batch.ts';
import { type BatchOptions, type MakeAsker, runBatch } from '../batch/run.ts';

export type PromptBatchOptions = BatchOptions & {
  readonly prompt: string;
  readonly var?: readonly string[];
  readonly model?: string;
};

export function batch(app: App, options: PromptBatchOptions): Promise<number> {
  const make: MakeAsker = async (home: Home) => {
    const { prompt, var: pairs = [], model } = options;
    const opened = await openPromptQuestions({
      home,
      redactor: home.redactor,
      prompt,
      pairs,
      model,
      defaultModel: home.ai.model,
    });
    if (!opened.ok) return opened;
    const { questionOf, unused } = opened.value;
    return ok({ name: `prompt ${opened.value.prompt.from} ${opened.value.prompt.file}`, questionOf, unused });
  };
  return runBatch(app, options, make);
}

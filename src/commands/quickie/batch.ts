// `orchestrate quickie batch`: one quickie, many inputs.

import type { App } from '../../app.ts';
import { err, ok } from '../../base/result.ts';
import type { Home } from '../../home.ts';
import { openQuickieQuestions } from '../../quickies/batch.ts';
import { findTemplate } from '../../templates/quickie/library.ts';
import { type BatchOptions, type MakeAsker, runBatch } from '../batch/run.ts';
import { gatherParams } from './gather.ts';
import { libraryOf } from './open.ts';

export type QuickieBatchOptions = BatchOptions & {
  readonly name: string;
  readonly param: readonly string[];
  readonly model?: string;
};

export function batch(app: App, options: QuickieBatchOptions): Promise<number> {
  const make: MakeAsker = async (home: Home) => {
    const template = findTemplate(await libraryOf(home), options.name);
    if (!template.ok) return template;
    const { given, problems } = gatherParams(template.value, options.param);
    // They have no places: they stand in no file.
    if (problems.length > 0)
      return err(problems.map(({ severity, code, message, advice = '' }) => ({ severity, code, message, advice })));
    const opened = await openQuickieQuestions({
      template: template.value,
      home,
      given,
      model: options.model,
      defaultModel: home.ai.model,
    });
    return opened.ok ? ok({ name: `quickie ${template.value.name}`, ...opened.value }) : opened;
  };
  return runBatch(app, options, make);
}

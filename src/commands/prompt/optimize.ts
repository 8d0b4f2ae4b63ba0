// `orchestrate prompt optimize`: a prompt template, or its system prompt alone, improved.

import path from 'node:path';
import type { App } from '../../app.ts';
import { openHome } from '../../home.ts';
import { openPrompt, rootOf } from '../../prompts/open-prompt.ts';
import { optimizePrompt } from '../../prompts/utility.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { type OfferOptions, offer } from './offer.ts';
import { asFailure } from './open.ts';

export type OptimizeOptions = CallOptions &
  OfferOptions & { readonly template: string; readonly systemOnly?: boolean; readonly goal?: string };

export async function optimize(app: App, options: OptimizeOptions): Promise<number> {
  const flags = callFlags(app, options);
  if (!flags.ok) return fail(app.io, flags.error);
  const home = await openHome(app);
  if (!home.ok) return fail(app.io, home.error);
  const opened = await openPrompt(home.value, options.template);
  if (!opened.ok) return fail(app.io, await asFailure(opened.error));
  const prompt = opened.value;
  const file =
    options.out === undefined ? path.join(rootOf(home.value, prompt.from), prompt.file) : path.resolve(options.out);
  const wanted = { prompt, goal: options.goal ?? '', systemOnly: options.systemOnly ?? false };
  return offer(app, {
    home: home.value,
    flags: flags.value,
    options,
    file,
    make: (parts) => optimizePrompt(parts, wanted),
  });
}

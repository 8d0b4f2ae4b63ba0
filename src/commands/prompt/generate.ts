// `orchestrate prompt generate`: a prompt template from what somebody needs.

import path from 'node:path';
import type { App } from '../../app.ts';
import { openHome } from '../../home.ts';
import { generatePrompt } from '../../prompts/utility.ts';
import { exists } from '../../system/files.ts';
import { TEMPLATE_FOLDER } from '../../templates/liquid-problems.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { type OfferOptions, offer } from './offer.ts';

export type GenerateOptions = CallOptions & OfferOptions & { readonly wish: string };

export async function generate(app: App, options: GenerateOptions): Promise<number> {
  const wish = options.wish.trim();
  if (wish === '') {
    const advice =
      'say what the prompt is to do: orchestrate prompt generate "summarise a bug report for the on-call person"';
    return fail(app.io, { code: 'usage', message: 'nothing is wished for', advice });
  }
  const flags = callFlags(app, options);
  if (!flags.ok) return fail(app.io, flags.error);
  const home = await openHome(app);
  if (!home.ok) return fail(app.io, home.error);
  const { root } = home.value;
  const file = options.out === undefined ? newName(path.join(root, TEMPLATE_FOLDER), wish) : path.resolve(options.out);
  const named = path.posix.join(TEMPLATE_FOLDER, path.basename(file));
  const make: Parameters<typeof offer>[1]['make'] = (parts) => generatePrompt(parts, { wish, file: named });
  return offer(app, { home: home.value, flags: flags.value, options, file, make });
}

const LONGEST_NAME = 40;

/** From the first words; never that of a file that is there. */
function newName(folder: string, wish: string): string {
  const words =
    wish
      .normalize('NFKD')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  let name = words[0]?.slice(0, LONGEST_NAME) ?? 'prompt';
  for (const word of words.slice(1, 6)) if (name.length + word.length < LONGEST_NAME) name += `-${word}`;
  for (let turn = 1; ; turn += 1) {
    const file = path.join(folder, `${name}${turn === 1 ? '' : `-${turn}`}.md`);
    if (!exists(file)) return file;
  }
}

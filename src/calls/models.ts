// config/models.yaml, and the user's own models.yaml: short names for models, and prices that win over the public list. Knows no server.

import path from 'node:path';
import type * as z from 'zod/mini';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean } from '../base/text.ts';
import type { PriceOverrides } from '../model/cost.ts';
import { fitsModels } from '../runbook/fits.ts';
import { readYaml } from '../runbook/parse.ts';
import type { Problem, SourceFile } from '../runbook/problem.ts';
import { readText } from '../system/files.ts';
import type { modelsShape } from './models-shape.ts';

export const MODELS_FILE = 'config/models.yaml';
/** In the user's own configuration folder. */
const USER_MODELS_FILE = 'models.yaml';

/** Where the files lie. What the project does not name is looked for with the user, who is left out where others must get the same. */
export type ModelsHome = { readonly root: string; readonly userRoot?: string | undefined };

export type Models = {
  /** Where a name that is missing is to be added, as people know the file. */
  readonly file: string;
  readonly aliases: Readonly<Record<string, string>>;
  readonly prices: PriceOverrides;
};

type Named = Pick<Models, 'aliases' | 'prices'>;

const NONE: Named = { aliases: {}, prices: {} };

/** Where there is no file, there are neither. Read anew for each call: people edit it. */
export async function loadModels({ root, userRoot }: ModelsHome): Promise<Result<Models, Problem[]>> {
  const own = await readModels(path.join(root, MODELS_FILE), MODELS_FILE);
  if (!own.ok || userRoot === undefined) return own.ok ? ok({ file: MODELS_FILE, ...own.value }) : own;
  const usersFile = path.join(userRoot, USER_MODELS_FILE);
  const users = await readModels(usersFile, usersFile);
  if (!users.ok) return users;
  return ok({
    file: root === userRoot ? usersFile : MODELS_FILE,
    aliases: { ...users.value.aliases, ...own.value.aliases },
    prices: { ...users.value.prices, ...own.value.prices },
  });
}

/** `shown`: as the file is named to people. */
async function readModels(file: string, shown: string): Promise<Result<Named, Problem[]>> {
  const text = readText(file);
  if (!text.ok) {
    if (text.error.errno === 'ENOENT' || text.error.errno === 'ENOTDIR') return ok(NONE);
    const message = `${shown} cannot be read (${text.error.errno})`;
    return err([{ severity: 'error', code: 'unreadable', message }]);
  }
  const source = { file: shown, text: text.value };
  const data = await readYaml(source);
  if (!data.ok) return data;
  if (data.value === null || data.value === undefined) return ok(NONE);
  const raw = await checked(source, data.value);
  if (!raw.ok) return raw;
  const aliases = raw.value.aliases ?? {};
  const circular = Object.keys(aliases).flatMap((alias) => circle(source, aliases, alias));
  return circular.length > 0 ? err(circular) : ok({ aliases, prices: pricesOf(raw.value.prices ?? {}) });
}

type RawModels = z.infer<typeof modelsShape>;

async function checked(source: SourceFile, data: unknown): Promise<Result<RawModels, Problem[]>> {
  if (fitsModels(data)) return ok(data as RawModels);
  const [{ checkShape }, { modelsShape: shape }] = await Promise.all([
    import('../runbook/shape-check.ts'),
    import('./models-shape.ts'),
  ]);
  return checkShape<RawModels>(source, data, shape);
}

function pricesOf(prices: NonNullable<RawModels['prices']>): PriceOverrides {
  return Object.fromEntries(
    Object.entries(prices).map(([model, { input, output, cached }]) => [
      model,
      { input, output, ...(cached === undefined ? {} : { cached }) },
    ]),
  );
}

function circle(source: SourceFile, aliases: Models['aliases'], alias: string): Problem[] {
  const seen = follow(aliases, alias);
  const last = seen.at(-1) ?? alias;
  if (!Object.hasOwn(aliases, last)) return [];
  const message = `the alias "${alias}" leads back to itself: ${[...seen, aliases[last]].join(' → ')}`;
  return [{ severity: 'error', code: 'alias-circle', message, spot: { source, path: ['aliases', alias] } }];
}

/** The names on the way from an alias to a model. */
function follow(aliases: Models['aliases'], from: string): string[] {
  const seen = [from];
  for (;;) {
    const last = seen.at(-1) ?? from;
    const next = Object.hasOwn(aliases, last) ? aliases[last] : undefined;
    if (next === undefined || seen.includes(next)) return seen;
    seen.push(next);
  }
}

/** Names that can only be aliases: no model is called so. */
const ALIAS_ONLY = /^default:/;

/** The model that a name stands for, or why it stands for none. */
export function resolveModel(
  { file, aliases }: Models,
  asked: string,
): Result<string, { message: string; advice: string }> {
  const model = follow(aliases, asked).at(-1) ?? asked;
  if (!ALIAS_ONLY.test(model)) return ok(model);
  const near = didYouMean(asked, Object.keys(aliases));
  return err({
    message: `the model "${asked}" is an alias that ${file} does not define`,
    advice: `${near === undefined ? '' : `${near} Otherwise: `}add it to ${file}, for example: aliases: {"${asked}": gpt-4o-mini}`,
  });
}

// A problem named by its YAML path, and the step that finds its place in the text. Does not know how problems are drawn.

import type { Diagnostic, Place, Span } from '../base/diagnostic.ts';
import type { YamlPath } from '../base/yaml-path.ts';

/** One file that was read. `text` is kept so that a problem can show its line. */
export type SourceFile = { readonly file: string; readonly text: string };

/** Where in a YAML file: `key` points at the key itself, else at the value. A span, where one is already known, wins over the path. */
export type Spot = { readonly source: SourceFile; readonly path: YamlPath; readonly key?: boolean; readonly span?: Span };

export type Problem = Omit<Diagnostic, 'place' | 'related'> & {
  readonly spot?: Spot;
  readonly related?: readonly { readonly message: string; readonly spot: Spot }[];
};

type Locate = (text: string, path: YamlPath, key: boolean) => Span | undefined;

function placeOf(spot: Spot, locate: Locate): Place {
  const span = spot.span ?? locate(spot.source.text, spot.path, spot.key ?? false);
  return { file: spot.source.file, text: spot.source.text, ...(span ? { span } : {}) };
}

/** Problems with their places in the text. Only here is the full parser needed for positions, so only problems pay for it. */
export async function placeProblems(problems: readonly Problem[]): Promise<Diagnostic[]> {
  if (problems.length === 0) return [];
  const { createLocator } = await import('./full.ts');
  const locate = createLocator();
  return problems.map(({ spot, related, ...rest }) => ({
    ...rest,
    ...(spot ? { place: placeOf(spot, locate) } : {}),
    ...(related ? { related: related.map((r) => ({ message: r.message, place: placeOf(r.spot, locate) })) } : {}),
  }));
}

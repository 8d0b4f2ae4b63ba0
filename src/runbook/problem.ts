// A problem named by its YAML path, and the step that finds its place in the text. Does not know how problems are drawn.

import type { Diagnostic, Place, Span } from '../base/diagnostic.ts';
import type { YamlPath } from '../base/yaml-path.ts';

/** One file that was read. `text` is kept so that a problem can show its line. */
export type SourceFile = { readonly file: string; readonly text: string };

/** Where in a YAML file: `key` points at the key itself, else at the value. A span, where one is already known, wins over the path. */
export type Spot = {
  readonly source: SourceFile;
  readonly path: YamlPath;
  readonly key?: boolean;
  readonly span?: Span;
};

export type Problem = Omit<Diagnostic, 'place' | 'related'> & {
  readonly spot?: Spot;
  readonly related?: readonly { readonly message: string; readonly spot: Spot }[];
};

type Locate = (text: string, path: YamlPath, key: boolean) => Span | undefined;

function placeOf(spot: Spot, locate: Locate): Place {
  const span = spot.span ?? locate(spot.source.text, spot.path, spot.key ?? false);
  return { file: spot.source.file, text: spot.source.text, ...(span ? { span } : {}) };
}

/** One place in the text, where there is no problem to tell. */
export async function placeSpot(spot: Spot): Promise<Place> {
  const { createLocator } = await import('./full.ts');
  return placeOf(spot, createLocator());
}

/** For many places: each text is parsed once. */
export async function createPlacer(): Promise<(spot: Spot) => Place> {
  const { createLocator } = await import('./full.ts');
  const locate = createLocator();
  return (spot) => placeOf(spot, locate);
}

/** Problems with their places in the text, in file order. Only here is the full parser needed for positions, so only problems pay for it. */
export async function placeProblems(problems: readonly Problem[]): Promise<Diagnostic[]> {
  if (problems.length === 0) return [];
  const { createLocator } = await import('./full.ts');
  const locate = createLocator();
  const placed = problems.map(
    ({ spot, related, ...rest }): Diagnostic => ({
      ...rest,
      ...(spot ? { place: placeOf(spot, locate) } : {}),
      ...(related ? { related: related.map((r) => ({ message: r.message, place: placeOf(r.spot, locate) })) } : {}),
    }),
  );
  return inFileOrder(placed);
}

/** File by file, in the order in which they are first named, and from top to bottom: as a person mends them. */
function inFileOrder(problems: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(problems.map(({ place }) => place?.file))];
  const rank = ({ place }: Diagnostic) => files.indexOf(place?.file);
  return problems.toSorted((a, b) => rank(a) - rank(b) || (a.place?.span?.start ?? 0) - (b.place?.span?.start ?? 0));
}

// Explains a request that has no recording: the nearest recorded one and what differs. Pure but for loading `diff`; knows no file.
import { shorten } from '../base/text.ts';
import { type Content, type ModelRequest, type ReplayMiss } from './provider.ts';
import { imageMark, normaliseContent } from './request-key.ts';

export type Named = { readonly file: string; readonly request: ModelRequest };

const MAX_DIFF_LINES = 60;
const MAX_LINE = 160;

/** The nearest of the recorded requests; null where there is none. Of equally near ones the first. */
export async function explainMiss(
  request: ModelRequest,
  recorded: readonly Named[],
  show: { readonly settings: boolean } = { settings: false },
): Promise<ReplayMiss | null> {
  const textOf = (one: ModelRequest): string => (show.settings ? settingsText(one) : '') + requestText(one);
  const asked = textOf(request);
  const askedWords = wordCounts(asked);
  let best: { named: Named; similarity: number } | null = null;
  for (const named of recorded) {
    const similarity = likeness(askedWords, wordCounts(textOf(named.request)));
    if (best === null || similarity > best.similarity) best = { named, similarity };
  }
  if (best === null) return null;
  const diff = await lineDiff(textOf(best.named.request), asked);
  return { file: best.named.file, similarity: Math.round(best.similarity * 100) / 100, diff };
}

/** What must be the same besides the messages where a replay is strict. */
function settingsText({ model, responseSchema }: ModelRequest): string {
  const schema =
    responseSchema === undefined ? '' : `response_schema: ${JSON.stringify(responseSchema.schema, null, 2)}\n`;
  return `model: ${model}\n${schema}`;
}

/** A request as text for comparing and for showing: what counts for a match, each message under its role. */
function requestText(request: ModelRequest): string {
  const messages = request.messages.map(({ role, content }) => `[${role}]\n${contentLines(content)}`);
  return `${messages.join('\n')}\n`;
}

function contentLines(content: Content): string {
  if (typeof content === 'string') return normaliseContent(content);
  return content
    .map((part) => (part.type === 'text' ? normaliseContent(part.text) : `[image ${imageMark(part.image_url.url)}]`))
    .join('\n');
}

type Words = { readonly counts: ReadonlyMap<string, number>; readonly total: number };

function wordCounts(text: string): Words {
  const counts = new Map<string, number>();
  const words = text.match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { counts, total: words.length };
}

/** Shared words, as a part of all (Dice): 0 … 1. */
function likeness(a: Words, b: Words): number {
  if (a.total + b.total === 0) return 1;
  let shared = 0;
  for (const [word, count] of a.counts) shared += Math.min(count, b.counts.get(word) ?? 0);
  return (2 * shared) / (a.total + b.total);
}

async function lineDiff(recorded: string, asked: string): Promise<string> {
  const { structuredPatch } = await import('diff');
  // Bounded: two long texts with nothing in common would take minutes.
  const patch = structuredPatch('recorded', 'asked', recorded, asked, '', '', { context: 2, maxEditLength: 2_000 });
  if (patch === undefined) return '(the two requests differ in too many lines to show)';
  const lines = patch.hunks.flatMap((hunk) => [`@@ line ${hunk.newStart} @@`].concat(hunk.lines));
  const shown = lines.slice(0, MAX_DIFF_LINES).map((line) => shorten(line, MAX_LINE));
  const rest = lines.length - shown.length;
  return [...shown, ...(rest > 0 ? [`(${rest} more lines)`] : [])].join('\n');
}

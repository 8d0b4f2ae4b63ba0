// How many columns a text takes. Loads the tables for wide characters only when there are any: they cost more than a whole command.

export type Width = (text: string) => number;

/** Below U+0300 every printable character takes one column. */
const NARROW = /^[\u0020-\u02FF‐-‧…→✓✗○▸·–█░─]*$/;

/** A measure that is right for the given texts and their parts. */
export async function widthFor(texts: Iterable<string>): Promise<Width> {
  for (const text of texts) {
    if (NARROW.test(text)) continue;
    const { default: stringWidth } = await import('string-width');
    return stringWidth;
  }
  return (text) => text.length;
}

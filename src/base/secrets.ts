// Finds known secret values in text and replaces them. Does not know where the values come from or where the text goes.

const NAME = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i;
/** Shorter values are taken for words. */
export const SHORTEST_SECRET = 8;
/** Fewer letters of a secret at the end of a text that broke off say nothing, and would be found in every second text. */
const SHORTEST_BEGINNING = 4;

/** True for names whose values are secrets by design.md §7. */
export function isSecretName(name: string): boolean {
  return NAME.test(name);
}

export type Redactor = {
  /** The text with every secret replaced by `[NAME]`. */
  readonly text: (text: string) => string;
  /** The same for a text that broke off: also what may be the beginning of a secret at its end is replaced. */
  readonly brokenOff: (text: string) => string;
  /** The same for every string inside a JSON-like value. */
  readonly value: <T>(value: T) => T;
  /** A redactor for a stream: holds back what may be the beginning of a secret split across chunks. */
  readonly stream: () => { push(chunk: string): string; end(how?: 'broken-off'): string };
  /** Further secrets, from now on; also for streams that are made later. */
  readonly learn: (more: Readonly<Record<string, string>>) => void;
  /** The names of the secrets that the text contains. */
  readonly found: (text: string) => string[];
};

type Form = { readonly needle: string; readonly name: string };

/** A part of a text that is to be replaced; `end` is exclusive. */
type Hit = { readonly start: number; end: number; readonly name: string };

/**
 * A redactor for the given name → value pairs (design.md §7): each value of at least 8 characters is replaced wherever it stands,
 * also base64, URL- and JSON-escaped. Secrets that overlap are replaced as one, so that none leaves a part behind.
 */
export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  let forms = allForms(secrets);

  const text = (input: string): string => replace(input, findHits(input, forms));

  const value = <T>(input: T): T => {
    if (typeof input === 'string') return text(input) as T;
    if (Array.isArray(input)) return input.map((item: unknown) => value(item)) as T;
    if (input === null || typeof input !== 'object') return input;
    return Object.fromEntries(Object.entries(input).map(([key, item]) => [text(key), value(item as unknown)])) as T;
  };

  const brokenOff = (input: string): string => withoutBeginning(input, forms, createOpenEnd(forms));

  return {
    text,
    brokenOff,
    value,
    stream: () => createStream(forms),
    learn: (more) => {
      const known = new Set(forms.map((form) => form.needle));
      forms = [...forms, ...allForms(more).filter((form) => !known.has(form.needle))];
    },
    found: (input) => [...new Set(forms.filter((form) => input.includes(form.needle)).map((form) => form.name))],
  };
}

function allForms(secrets: Readonly<Record<string, string>>): Form[] {
  return Object.entries(secrets)
    .flatMap(([name, value]) => partsOf(value.toWellFormed()).map((part) => ({ name, part })))
    .flatMap(({ name, part }) => formsOf(part).map((needle) => ({ needle, name })));
}

/** The value, without the blanks around it, as most programs use it, and its lines, as they are shown. */
function partsOf(value: string): string[] {
  const lines = value.split(/\r\n|\n|\r/).map((line) => line.trim());
  // The first and last line of a key file are the same in all of them.
  const own = lines.filter((line) => !line.startsWith('-----'));
  return [...new Set([value, value.trim(), ...own])].filter((part) => part.length >= SHORTEST_SECRET);
}

/** How a value may be written: as it is, in JSON, in a URL or a form, in base64 alone or inside a longer base64 text. */
function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const asciiJson = json.replace(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const inUrl = [value, json].flatMap((text) => [encodeURIComponent(text), encodeURI(text), formEncoded(text)]);
  return [
    ...new Set([
      value,
      json,
      asciiJson,
      JSON.stringify(json).slice(1, -1),
      ...inUrl,
      ...inUrl.map((text) => text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())),
      ...base64Forms(value),
    ]),
  ];
}

function formEncoded(text: string): string {
  return new URLSearchParams({ k: text }).toString().slice(2);
}

/** Base64 alone, and what is the same in every longer base64 text (`user:password`): it depends on the place modulo three bytes. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const inside = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
  });
  const alone = bytes.toString('base64');
  // As the tools print a longer text: base64 breaks at 76 columns, openssl at 64.
  // `echo` adds a line end to the value: all but the last letters stay the same.
  const wrapped = [alone, inside[0] ?? alone].flatMap((text) =>
    [76, 64]
      .filter((width) => text.length > width)
      .map((width) => text.match(new RegExp(`.{1,${width}}`, 'g'))?.join('\n') ?? text),
  );
  return [alone, alone.replace(/=+$/, ''), ...wrapped, ...inside].flatMap((text) => [
    text,
    text.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}

/** Every place of every form, in order; those that overlap are one. */
function findHits(input: string, forms: readonly Form[]): Hit[] {
  const hits: Hit[] = [];
  for (const { needle, name } of forms) {
    for (let at = input.indexOf(needle); at >= 0; at = input.indexOf(needle, at + 1))
      hits.push({ start: at, end: at + needle.length, name });
  }
  hits.sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Hit[] = [];
  for (const hit of hits) {
    const last = merged.at(-1);
    if (last && hit.start < last.end) last.end = Math.max(last.end, hit.end);
    else merged.push(hit);
  }
  return merged;
}

function replace(input: string, hits: readonly Hit[]): string {
  let output = '';
  let done = 0;
  for (const { start, end, name } of hits) {
    output += `${input.slice(done, start)}[${name}]`;
    done = end;
  }
  return done === 0 ? input : output + input.slice(done);
}

/** Gives, over all chunks, exactly what the whole text would have given at once. */
function createStream(forms: readonly Form[]): ReturnType<Redactor['stream']> {
  const openEnd = createOpenEnd(forms);
  let held = '';
  return {
    push(chunk) {
      const input = held + chunk;
      const hits = findHits(input, forms);
      const open = openEnd(input);
      // A secret that reaches into what is held back may be part of a longer one: it waits as well.
      const keepFrom = hits.find((hit) => hit.start < open && hit.end > open)?.start ?? open;
      held = input.slice(keepFrom);
      return replace(
        input.slice(0, keepFrom),
        hits.filter((hit) => hit.end <= keepFrom),
      );
    },
    end(how) {
      const rest = how === 'broken-off' ? withoutBeginning(held, forms, openEnd) : replace(held, findHits(held, forms));
      held = '';
      return rest;
    },
  };
}

function withoutBeginning(input: string, forms: readonly Form[], openEnd: (input: string) => number): string {
  const hits = findHits(input, forms);
  const open = openEnd(input);
  if (input.length - open < SHORTEST_BEGINNING || hits.some(({ end }) => end > open)) return replace(input, hits);
  return `${replace(input.slice(0, open), hits)}[…]`;
}

/** Finds where the end of a text begins that may still grow into a secret; the length of the text where there is none. */
function createOpenEnd(forms: readonly Form[]): (input: string) => number {
  const longest = forms.reduce((most, { needle }) => Math.max(most, needle.length), 0);
  const initials = new Set(forms.map(({ needle }) => needle.charAt(0)));
  return (input) => {
    for (let at = Math.max(0, input.length - longest + 1); at < input.length; at++) {
      if (!initials.has(input.charAt(at))) continue;
      const end = input.slice(at);
      if (forms.some(({ needle }) => needle.length > end.length && needle.startsWith(end))) return at;
    }
    return input.length;
  };
}

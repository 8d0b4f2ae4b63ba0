// Finds known secret values in text and replaces them. Does not know where the values come from or where the text goes.

const NAME = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i;
const SHORTEST = 8;

/** True for names whose values are secrets by design.md §7. */
export function isSecretName(name: string): boolean {
  return NAME.test(name);
}

export type Redactor = {
  /** The text with every secret replaced by `[NAME]`. */
  readonly text: (text: string) => string;
  /** The same for every string inside a JSON-like value. */
  readonly value: <T>(value: T) => T;
  /** A redactor for a stream: holds back what may be the beginning of a secret split across chunks. */
  readonly stream: () => { push(chunk: string): string; end(): string };
  /** The names of the secrets that the text contains. */
  readonly found: (text: string) => string[];
};

type Form = { readonly needle: string; readonly name: string };

function formsOf(name: string, value: string): Form[] {
  const bytes = Buffer.from(value, 'utf8');
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const forms = [value, json, encodeURIComponent(value), base64, bytes.toString('base64url'), encodeURIComponent(json)];
  return [...new Set(forms)].map((needle) => ({ needle, name }));
}

/**
 * A redactor for the given name → value pairs (design.md §7): each value of at least 8 characters is replaced wherever it stands,
 * also base64, URL- and JSON-escaped. Longer needles go first, so that a secret inside a longer one leaves nothing behind.
 */
export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const forms = Object.entries(secrets)
    .filter(([, value]) => value.length >= SHORTEST)
    .flatMap(([name, value]) => formsOf(name, value))
    .sort((a, b) => b.needle.length - a.needle.length);
  const longest = forms[0]?.needle.length ?? 0;

  const text = (input: string): string => {
    let output = input;
    for (const { needle, name } of forms) {
      if (output.includes(needle)) output = output.replaceAll(needle, `[${name}]`);
    }
    return output;
  };

  const value = <T>(input: T): T => {
    if (typeof input === 'string') return text(input) as T;
    if (Array.isArray(input)) return input.map((item: unknown) => value(item)) as T;
    if (input === null || typeof input !== 'object') return input;
    return Object.fromEntries(Object.entries(input).map(([key, item]) => [text(key), value(item as unknown)])) as T;
  };

  return {
    text,
    value,
    stream: () => createStream({ text, forms, longest }),
    found: (input) => [...new Set(forms.filter((form) => input.includes(form.needle)).map((form) => form.name))],
  };
}

function createStream(parts: { text: (t: string) => string; forms: readonly Form[]; longest: number }) {
  let held = '';
  /** How much of the end may still grow into a secret: the longest suffix that is a proper prefix of a needle. */
  const tail = (input: string): number => {
    for (let length = Math.min(parts.longest - 1, input.length); length > 0; length--) {
      const end = input.slice(-length);
      if (parts.forms.some((form) => form.needle.length > length && form.needle.startsWith(end))) return length;
    }
    return 0;
  };
  return {
    push(chunk: string): string {
      const redacted = parts.text(held + chunk);
      const keep = tail(redacted);
      held = keep === 0 ? '' : redacted.slice(-keep);
      return keep === 0 ? redacted : redacted.slice(0, -keep);
    },
    end(): string {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

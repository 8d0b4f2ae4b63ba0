// `when` of an entry: one comparison of a variable or of an output with a text, and nothing more. Pure; knows no state.

import { err, ok, type Result } from '../base/result.ts';

export type Subject =
  | { readonly kind: 'var'; readonly name: string }
  | { readonly kind: 'output'; readonly id: string; readonly key: string };

export type Condition = {
  /** As it is written. */
  readonly text: string;
  readonly subject: Subject;
  /** True for `==`, false for `!=`. */
  readonly equals: boolean;
  readonly value: string;
};

type Wrong = { readonly message: string; readonly advice: string };

const EXAMPLES = 'write it as vars.env == "prod" or outputs.build.changed != "true"';
const VALUE = /^(?:"([^"]*)"|'([^']*)'|([\w.+-]+))$/;

/** `vars.NAME == "text"` or `outputs.ID.KEY != "text"`; quotes may be left away around a word or a number. */
export function parseCondition(text: string): Result<Condition, Wrong> {
  const parts = /^\s*(\S*?)\s*([=!]=?)\s*(.*?)\s*$/s.exec(text);
  const [, left = '', operator = '', right = ''] = parts ?? [];
  if (operator === '') return err({ message: 'compares nothing: it has neither "==" nor "!="', advice: EXAMPLES });
  if (operator.length === 1) return err({ message: `has "${operator}" where "==" or "!=" belongs`, advice: EXAMPLES });
  const subject = subjectOf(left);
  if (subject === undefined)
    return err({ message: `begins with "${left}", which is no variable and no output`, advice: EXAMPLES });
  const value = VALUE.exec(right);
  if (value === null) {
    const advice = 'one comparison is all that it can be; put the text in quotes';
    return err({ message: `compares with ${right === '' ? 'nothing' : right}`, advice });
  }
  return ok({ text: text.trim(), subject, equals: operator === '==', value: value[1] ?? value[2] ?? value[3] ?? '' });
}

/** The key of an output has no dot; an id may have. */
function subjectOf(left: string): Subject | undefined {
  const name = /^vars\.([\w.-]+)$/.exec(left)?.[1];
  if (name !== undefined) return { kind: 'var', name };
  const [, id, key] = /^outputs\.([\w.-]+)\.([\w-]+)$/.exec(left) ?? [];
  return id === undefined || key === undefined ? undefined : { kind: 'output', id, key };
}

/** As text, since YAML makes numbers and booleans of what a script can only write as text. */
export function holds({ equals, value }: Condition, actual: string): boolean {
  return (actual === value) === equals;
}

/** What can be compared of a variable; undefined for a list or a mapping. */
export function comparable(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return value === null ? '' : undefined;
  }
}

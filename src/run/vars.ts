// `--var NAME=VALUE`: values for one command in place of those under `vars` of the runbook. Pure.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean } from '../base/text.ts';
import type { Runbook } from '../runbook/task.ts';

export type GivenVars = Readonly<Record<string, unknown>>;

/** Only names that the runbook declares: a slip would otherwise change nothing, unseen. */
export function givenVars(runbook: Runbook, texts: readonly string[]): Result<GivenVars, Failure> {
  const given: Record<string, unknown> = {};
  for (const text of texts) {
    const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined) return usage(`--var: "${text}" is not NAME=VALUE`, 'such as --var env=prod');
    if (!Object.hasOwn(runbook.vars, name)) {
      const names = Object.keys(runbook.vars);
      const advice =
        didYouMean(name, names) ??
        (names.length === 0 ? 'declare it under "vars" of runbook.yaml' : `declared are ${names.join(', ')}`);
      return usage(`--var: runbook.yaml declares no variable "${name}"`, advice);
    }
    const typed = typedLike(runbook.vars[name], value);
    if (typed === undefined) {
      const kind = kindOf(runbook.vars[name]);
      const isPlain = typeof runbook.vars[name] !== 'object';
      return usage(
        `--var: "${name}" is ${kind} in runbook.yaml${isPlain ? `, and "${value}" is not` : ''}`,
        isPlain ? `give ${kind}` : 'it can be changed in the file alone',
      );
    }
    given[name] = typed;
  }
  return ok(given);
}

/** The runbook with the values of this command. */
export function withVars(runbook: Runbook, given: GivenVars): Runbook {
  return Object.keys(given).length === 0 ? runbook : { ...runbook, vars: { ...runbook.vars, ...given } };
}

/** Of the kind that the declared value has: `{% if vars.fast %}` must not take the text "false" for true. */
function typedLike(declared: unknown, text: string): unknown {
  switch (typeof declared) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case 'object':
      return declared === null ? text : undefined;
    default:
      return text;
  }
}

function kindOf(declared: unknown): string {
  if (typeof declared === 'boolean') return 'true or false';
  if (typeof declared === 'number') return 'a number';
  return Array.isArray(declared) ? 'a list' : 'a mapping';
}

function usage(message: string, advice: string): Result<never, Failure> {
  return err({ code: 'usage', message, advice });
}

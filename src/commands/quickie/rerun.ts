// `orchestrate quickie rerun`: an earlier call once more, as it was or with the present template.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { AskedBefore } from '../../history/types.ts';
import { type Home, openHome } from '../../home.ts';
import { type Prepared, prepareQuickie } from '../../quickies/prepare.ts';
import { askedAgain, givenAgain } from '../../quickies/service.ts';
import { type CallOptions, callFlags } from '../call-options.ts';
import { fail } from '../outcome.ts';
import { openQuickies, templateNamed, unknownQuickie, wholeId, withHistory } from './open.ts';
import { ask } from './run.ts';

export type RerunOptions = CallOptions & {
  readonly id: string;
  readonly model?: string;
  readonly withCurrentTemplate?: boolean;
  readonly raw?: boolean;
};

export async function rerun(app: App, options: RerunOptions): Promise<number> {
  const { io } = app;
  if (options.raw && io.json)
    return fail(io, { code: 'usage', message: '--raw and --json do not go together', advice: 'give one of the two' });
  const flags = callFlags(app, options);
  if (!flags.ok) return fail(io, flags.error);
  const home = await openHome(app);
  if (!home.ok) return fail(io, home.error);
  const before = await callBefore(app, home.value, options.id);
  if (!before.ok) return fail(io, before.error);
  const prepared = await prepareAgain(home.value, before.value, options);
  if (!prepared.ok) return fail(io, prepared.error);
  return ask(app, home.value, { prepared: prepared.value, flags: flags.value, raw: options.raw ?? false });
}

async function callBefore(app: App, home: Home, prefix: string): Promise<Result<AskedBefore, Failure>> {
  const id = await withHistory(app, (reader) => wholeId(reader, prefix));
  if (!id.ok) return id;
  const { parts, close } = await openQuickies(app, home, { flags: {}, report: () => undefined });
  try {
    const store = await parts.calls();
    if (!store.ok) return store;
    const found = store.value.later.find(id.value);
    if (!found.ok) return found;
    if (found.value === undefined) return err(unknownQuickie(prefix));
    if (found.value.source !== 'quickie') return err(noQuickie(found.value));
    return found.value.status === 'pending' ? err(notAskedYet(found.value)) : ok(found.value);
  } finally {
    close();
  }
}

function noQuickie({ id, source }: AskedBefore): Failure {
  const message = `the call ${id.slice(0, 8)} was made by a ${source}, not by a quickie`;
  return { code: 'usage', message, advice: '"orchestrate quickie list" shows the quickies' };
}

/** Asked beside the one that waits, it would be paid for twice. */
function notAskedYet({ id }: AskedBefore): Failure {
  const short = id.slice(0, 8);
  const advice = `ask it: orchestrate quickie run-pending ${short}`;
  return { code: 'usage', message: `the call ${short} was not asked yet`, advice };
}

/** The new call names the one that it repeats. */
async function prepareAgain(
  home: Home,
  before: AskedBefore,
  { model, withCurrentTemplate }: RerunOptions,
): Promise<Result<Prepared, Failure>> {
  const { provider: _p, alias: _a, ...own } = before.metadata;
  const metadata = { ...own, rerun_of: before.id };
  if (!withCurrentTemplate) {
    const again = askedAgain(before, model);
    return again.ok ? ok({ ...again.value, about: { ...again.value.about, metadata } }) : again;
  }
  const template = await templateNamed(home, before.templateName);
  if (!template.ok) return template;
  return prepareQuickie(template.value, { given: givenAgain(before), model, defaultModel: home.ai.model, metadata });
}

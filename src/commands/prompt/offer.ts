// What a model wrote as a prompt, shown as a diff and saved on accept: asked in a terminal, by an option elsewhere.

import path from 'node:path';
import type { App } from '../../app.ts';
import { unifiedDiff } from '../../base/diff.ts';
import { exitCode, type Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { neutralise, oneLine } from '../../base/text.ts';
import type { CallFlags, CallHooks, CallNews } from '../../calls/types.ts';
import { type Home, type OpenHome, openModels } from '../../home.ts';
import type { Candidate, UtilityFailure, UtilityParts } from '../../prompts/utility.ts';
import { readText } from '../../system/files.ts';
import { isPlainOutput } from '../../system/output.ts';
import { displayPath } from '../../system/paths.ts';
import { replaceFile } from '../../system/replace.ts';
import { drawDiff } from '../../terminal/diff.ts';
import { filteredIo, writeJson } from '../../terminal/io.ts';
import { jsonFailure } from '../../terminal/json.ts';
import { createReporter } from '../../terminal/reporter.ts';
import { drawFailure } from '../../terminal/wording.ts';
import { fail } from '../outcome.ts';
import { asFailure, BESIDE } from './open.ts';

export type OfferOptions = {
  readonly model?: string;
  /** Where it goes, and that it goes there. */
  readonly out?: string;
  readonly yes?: boolean;
};

export type Offer = {
  readonly home: Home;
  readonly flags: CallFlags;
  readonly options: OfferOptions;
  /** Absolute; `--out` is that already. */
  readonly file: string;
  readonly make: (parts: UtilityParts) => Promise<Result<Candidate, UtilityFailure>>;
};

export async function offer(app: App, { home, flags, options, file, make }: Offer): Promise<number> {
  const opened = await openModels(app, home, { flags });
  try {
    const former = readText(file);
    if (!former.ok && former.error.errno !== 'ENOENT') return fail(app.io, former.error);
    const { redactor, models, ai } = opened;
    const made = await make({ home, redactor, models, ai, hooks: hooksOf(app, home), model: options.model });
    if (!made.ok) return fail(app.io, await failureOf(made.error));
    return await decide(app, opened, {
      file,
      former: former.ok ? former.value : undefined,
      candidate: made.value,
      options,
    });
  } finally {
    opened.close();
  }
}

/** The text is shown once, as a diff. */
function hooksOf({ io }: App, { redactor }: Home): CallHooks {
  if (io.json) return { report: () => undefined, keepBesideIn: BESIDE };
  const told = createReporter(filteredIo(io, redactor.text));
  const report = (news: CallNews) => (news.kind === 'model-text' ? undefined : told(news));
  return { report, keepBesideIn: BESIDE };
}

async function failureOf(failure: UtilityFailure): Promise<Failure> {
  switch (failure.kind) {
    case 'problems':
      return asFailure(failure.problems);
    case 'failure':
      return failure.failure;
    case 'refused': {
      const { message, advice, badInput } = failure.refused;
      return badInput ? { code: 'usage', message, advice } : { code: 'waiting', message, advice };
    }
    case 'model': {
      const { code, message, advice } = failure.failure;
      return code === 'replay-miss' ? { code: 'waiting', message, advice } : { code: 'call-failed', message, advice };
    }
  }
}

type Deciding = {
  readonly file: string;
  readonly former: string | undefined;
  readonly candidate: Candidate;
  readonly options: OfferOptions;
};

async function decide(app: App, { person }: OpenHome, deciding: Deciding): Promise<number> {
  const { file, former, candidate, options } = deciding;
  const diff = await unifiedDiff(former ?? '', candidate.content);
  if (!app.io.json) show(app, deciding, diff);
  if (candidate.broken.length > 0) return end(app, deciding, { diff, saved: err(broken(candidate)) });
  if (former === candidate.content) return end(app, deciding, { diff, saved: ok(false) });
  const told = options.yes === true || options.out !== undefined;
  // A script does not take what a person should look at.
  if (told && (candidate.doubts.length === 0 || options.out !== undefined))
    return end(app, deciding, { diff, saved: await save(file, candidate.content, former) });
  if (person === undefined) return end(app, deciding, { diff, saved: err(waiting(told, file)) });
  const edited = await askPerson(person, candidate.content, file);
  if (edited === undefined) return end(app, deciding, { diff, saved: ok(false) });
  return end(app, deciding, { diff, saved: await save(file, edited, former) });
}

function broken({ broken: why }: Candidate): Failure {
  const advice = 'ask again, or mend the text by hand: it was printed';
  return { code: 'call-failed', message: `the answer is no prompt template: ${why.join('; ')}`, advice };
}

function waiting(told: boolean, file: string): Failure {
  const message = told
    ? 'it was not saved, because there is something to look at'
    : 'it was not saved: nobody is at a terminal to accept it';
  return {
    code: 'waiting',
    message,
    advice: `the text was printed; save it with ${told ? '' : '--yes, or with '}--out ${displayPath(file)}`,
  };
}

const CHOICES = [
  { key: 'y', label: 'save' },
  { key: 'm', label: 'edit, then save' },
  { key: 'n', label: 'no' },
] as const;

/** What is to be saved; undefined where nothing is. */
async function askPerson(
  person: NonNullable<OpenHome['person']>,
  content: string,
  file: string,
): Promise<string | undefined> {
  for (;;) {
    const key = await person.choose({ kind: 'review', message: `Save it as ${displayPath(file)}?`, choices: CHOICES });
    if (key === 'y') return content;
    if (key !== 'm') return undefined;
    const edited = await person.edit(content, path.extname(file));
    if ('text' in edited) return edited.text;
    person.show('The editor did not work', edited.problem);
  }
}

/** Not over what somebody wrote while the model was asked. */
async function save(file: string, content: string, former: string | undefined): Promise<Result<true, Failure>> {
  const now = readText(file);
  if ((now.ok ? now.value : undefined) !== former) return err(changed(file));
  const written = await replaceFile(file, content, former);
  if (!written.ok) return written;
  return written.value.kind === 'replaced' ? ok(true) : err(changed(file));
}

function changed(file: string): Failure {
  const message = `${displayPath(file)} was changed while the model was asked, so it was left as it is`;
  return { code: 'changed-meanwhile', path: file, message };
}

function show({ io }: App, { file, former, candidate }: Deciding, diff: string): void {
  const { errStyle: style } = io;
  const same = former === candidate.content;
  const how = former === undefined ? 'new' : same ? 'it is like this already' : 'changed';
  if (!io.quiet || !same) io.err(`\n${style.bold(oneLine(displayPath(file)))} ${style.dim(`(${how})`)}\n`);
  if (!same) io.err(`${drawDiff(diff, style)}\n`);
  for (const doubt of candidate.doubts) io.err(`${style.warn('warning')}: ${oneLine(doubt)}\n`);
}

type Ending = { readonly diff: string; readonly saved: Result<boolean, Failure> };

function end({ io }: App, { file, candidate }: Deciding, { diff, saved }: Ending): number {
  const code = saved.ok ? 0 : exitCode(saved.error);
  const shown = displayPath(file);
  if (io.json) {
    const { content, doubts, costUsd } = candidate;
    const facts = { file: shown, saved: saved.ok && saved.value, content, diff, warnings: doubts, cost_usd: costUsd };
    writeJson(io, { ...facts, ...(saved.ok ? {} : jsonFailure(saved.error)) });
    return code;
  }
  if (saved.ok) {
    if (!io.quiet) io.err(saved.value ? `Saved as ${oneLine(shown)}.\n` : 'Nothing was saved.\n');
    return code;
  }
  // It was paid for, and nothing of it is kept.
  io.out(isPlainOutput(1) ? candidate.content : neutralise(candidate.content));
  io.err(drawFailure(saved.error, io.errStyle, io.verbose));
  return code;
}

// The provider that gives recorded answers. Knows neither the folder of the recordings nor a server.
import { type Diagnostic, lineColumn } from '../base/diagnostic.ts';
import { err, ok, type Result } from '../base/result.ts';
import { count } from '../base/text.ts';
import { monotonicMs } from '../system/clock.ts';
import { estimatePromptTokens } from './cost.ts';
import { emptyDraft, type Fault, judge } from './fault.ts';
import {
  type CallFacts,
  type CallOptions,
  changeText,
  type ModelAnswer,
  type ModelFailure,
  type ModelProvider,
  type ModelRequest,
  modelFailure,
  nothingSent,
} from './provider.ts';
import type { Recording, RecordingFile } from './recording.ts';
import { recordingFrom } from './recording-plain.ts';
import { messagesText, requestText } from './request-key.ts';

export type ReplayInput = {
  readonly files?: readonly RecordingFile[];
  /** Reads the data of an ordinary YAML text, quickly; undefined where it cannot. */
  readonly plain?: ((text: string) => unknown) | undefined;
  /** Recorded calls that are no files; `file` is how they are named. */
  readonly recordings?: readonly (Recording & { readonly file: string })[];
  /** Only a recording of the same model and schema answers. */
  readonly strict?: boolean;
  /** Applied to a request before it is compared, where recordings are written with secrets redacted. */
  readonly redact?: (text: string) => string;
};

export type ReplayProvider = ModelProvider & {
  readonly fits: NonNullable<ModelProvider['fits']>;
  /** Files that are no recordings. They stop no call that another file answers. */
  readonly problems: () => Promise<readonly Diagnostic[]>;
};

/**
 * A provider over these files, read at the first call. Where several recordings fit a request equally, the first call
 * gets the first of them in the order of the files, the second call the second, and the last one is repeated: so a
 * recorded retry is replayed as it happened.
 */
export function createReplayProvider(input: ReplayInput): ReplayProvider {
  let loading: Promise<Library> | null = null;
  const library = (): Promise<Library> => (loading ??= load(input));
  const given = new Map<string, number>();
  const redact = input.redact ?? ((text: string) => text);
  const asKept = (request: ModelRequest): ModelRequest => ({
    ...request,
    messages: request.messages.map(({ role, content }) => ({ role, content: changeText(content, redact) })),
  });
  return {
    name: 'replay',
    call: async (request, options) =>
      callRecording({ library: await library(), given, request: asKept(request), options }),
    estimate: async (request) => ({ promptTokens: estimatePromptTokens(request), promptUsd: 0, atMostUsd: 0 }),
    async fits(request) {
      const known = await library();
      return known.entries.length > 0 && fitting(known, asKept(request)).length > 0;
    },
    problems: async () => (await library()).problems,
  };
}

/** Compared as texts: hashing them would take longer. */
type Entry = Recording & { readonly file: string; readonly whole: string; readonly messages: string };
type Library = {
  readonly entries: readonly Entry[];
  readonly problems: readonly Diagnostic[];
  readonly strict: boolean;
};

async function load({ files = [], recordings = [], strict = false, plain }: ReplayInput): Promise<Library> {
  const entries: Entry[] = recordings.map((one) => ({ ...one, ...textsOf(one.request) }));
  const problems: Diagnostic[] = [];
  for (const source of files) {
    const parsed = await readRecording(source, plain);
    if (!parsed.ok) {
      problems.push(...parsed.error);
      continue;
    }
    const { request, answer } = parsed.value;
    entries.push({ request, answer, file: source.file, ...textsOf(request) });
  }
  return { entries, problems, strict };
}

/** The reader that gives places is loaded where a file may have something wrong. */
async function readRecording(
  source: RecordingFile,
  plain: ReplayInput['plain'],
): Promise<Result<Recording, readonly Diagnostic[]>> {
  const quick = recordingFrom(plain?.(source.text));
  if (quick !== undefined) return ok(quick);
  const { parseRecording } = await import('./recording-yaml.ts');
  return parseRecording(source);
}

function textsOf(request: ModelRequest): Pick<Entry, 'whole' | 'messages'> {
  return { whole: requestText(request), messages: messagesText(request) };
}

/** Recordings of the whole request; where there is none, those of its messages alone. */
function fitting({ entries, strict }: Library, request: ModelRequest): readonly Entry[] {
  const wanted = requestText(request);
  const whole = entries.filter((entry) => entry.whole === wanted);
  if (whole.length > 0 || strict) return whole;
  const alike = messagesText(request);
  return entries.filter((entry) => entry.messages === alike);
}

type Call = {
  readonly library: Library;
  /** How often each group of equal recordings has answered. */
  readonly given: Map<string, number>;
  readonly request: ModelRequest;
  readonly options: CallOptions;
};

async function callRecording(call: Call): Promise<Result<ModelAnswer, ModelFailure>> {
  const { library, given, request, options } = call;
  const started = monotonicMs();
  const fits = fitting(library, request);
  const turn = given.get(requestText(request)) ?? 0;
  const entry = fits[Math.min(turn, fits.length - 1)];
  if (entry === undefined) return err(modelFailure(await missFault(library, request), nothingSent(since(started))));
  given.set(requestText(request), turn + 1);
  const told = await tell(entry.answer.text, options);
  const { answer } = entry;
  const facts: CallFacts = {
    finishReason: answer.finishReason,
    resolvedModel: answer.model ?? entry.request.model,
    usage: answer.usage,
    attempts: 1,
    ttftMs: told === '' ? null : 0,
    totalMs: since(started),
    // Nothing was paid now, whatever the recorded call cost.
    costUsd: 0,
    costSource: null,
  };
  if (told !== answer.text) return err(modelFailure(INTERRUPTED, { ...facts, finishReason: null }, told));
  const fault = judge({
    ...emptyDraft(),
    ...facts,
    text: told,
    model: facts.resolvedModel,
    pieces: 1,
    sawChoice: true,
  });
  if (fault !== null) return err(modelFailure(fault, facts, told));
  const notes = notesOf(entry, request, fits.length > 1 ? { turn, of: fits.length } : null);
  return ok({ ...facts, finishReason: answer.finishReason, text: told, notes, recordingFile: entry.file });
}

const INTERRUPTED: Fault = {
  code: 'aborted',
  message: 'The replay was interrupted',
  advice: 'The text that came is kept. Nothing was paid.',
  retryable: false,
};

function since(started: number): number {
  return Math.round(monotonicMs() - started);
}

/** Tells the text in a few pieces, with a turn of the event loop between them. Gives what was told when the signal came. */
async function tell(text: string, { signal, onFirstByte, onText }: CallOptions): Promise<string> {
  let told = '';
  for (const piece of pieces(text)) {
    if (signal.aborted) return told;
    if (told === '') onFirstByte?.();
    onText?.(piece);
    told += piece;
    await nextTurn();
  }
  return told;
}

/** Not by node:timers/promises, which would be loaded for it. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

const PIECES = 8;

/** At most eight or so, none of them splitting a character. */
function pieces(text: string): string[] {
  const letters = Array.from(text);
  const size = Math.max(1, Math.ceil(letters.length / PIECES));
  return Array.from({ length: Math.ceil(letters.length / size) }, (_, i) =>
    letters.slice(i * size, (i + 1) * size).join(''),
  );
}

function notesOf(entry: Entry, request: ModelRequest, series: { turn: number; of: number } | null): string[] {
  const recorded = entry.request;
  const notes = [`answered from ${entry.file}`];
  if (recorded.model !== request.model)
    notes.push(`it was recorded for the model ${recorded.model}; ${request.model} was asked for`);
  else if (entry.whole !== requestText(request)) notes.push('it was recorded with another response schema');
  if (series !== null) notes.push(`recording ${Math.min(series.turn + 1, series.of)} of ${series.of} for this request`);
  return notes;
}

async function missFault({ entries, problems, strict }: Library, request: ModelRequest): Promise<Fault> {
  const { explainMiss } = await import('./replay-miss.ts');
  const miss = await explainMiss(request, entries, { settings: strict });
  const broken = brokenFiles(problems);
  const percent = Math.round((miss?.similarity ?? 0) * 100);
  const nearest =
    miss === null
      ? 'there are no recordings'
      : `the nearest of ${count(entries.length, 'recording')} is ${miss.file}, ${percent} % alike`;
  return {
    code: 'replay-miss',
    message: `No recording fits this request for ${request.model}: ${nearest}${broken}`,
    advice: strict
      ? 'Run it without --replay, or record it anew (--record DIR).'
      : 'Ask a server (set OPENAI_API_KEY, or --provider openai), answer it yourself (--provider paste), or add a recording of this request.',
    retryable: false,
    ...(miss === null ? {} : { miss }),
  };
}

function brokenFiles(problems: readonly Diagnostic[]): string {
  const first = problems[0];
  if (first === undefined) return '';
  const { file = '', text, span } = first.place ?? {};
  const line = text !== undefined && span !== undefined ? `:${lineColumn(text, span.start).line}` : '';
  const files = new Set(problems.map((problem) => problem.place?.file)).size;
  return `; ${count(files, 'file')} cannot be read as a recording (${file}${line}: ${first.message})`;
}

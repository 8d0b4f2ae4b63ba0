// The files of `init` for quickies: templates, aliases, samples, and for each template a recording of the very request that its "Try"
// line makes. Writes nothing.

import { MODELS_FILE } from '../calls/models.ts';
import { recordingFileName } from '../model/recording.ts';
import { readInputs } from '../templates/quickie/inputs.ts';
import { findTemplate, type Library, parseLibrary } from '../templates/quickie/library.ts';
import { loadPrompt } from '../templates/quickie/prompt.ts';
import { buildRequest } from '../templates/quickie/request.ts';
import { QUICKIE_FILE } from '../templates/quickie/types.ts';
import { MODELS, QUICKIES, SAMPLES, TRIALS, type Trial } from './quickie-text.ts';
import type { StarterFile } from './starter-file.ts';

/** What the alias of the templates stands for. */
const MODEL = 'gpt-4o-mini';

export async function quickieFiles(): Promise<StarterFile[]> {
  const parsed = await parseLibrary({ file: QUICKIE_FILE, text: QUICKIES }, { root: '', from: 'project' });
  if (!parsed.ok) throw new Error(`the templates of init do not parse: ${parsed.error[0]?.message}`);
  const library: Library = { places: [], entries: parsed.value, problems: [] };
  const recordings: StarterFile[] = [];
  for (const trial of TRIALS) recordings.push(await recordingOf(library, trial));
  return [
    { file: QUICKIE_FILE, text: QUICKIES },
    { file: MODELS_FILE, text: MODELS },
    ...Object.entries(SAMPLES).map(([file, text]) => ({ file, text })),
    ...recordings,
  ];
}

async function recordingOf(library: Library, { name, values, answer }: Trial): Promise<StarterFile> {
  const { formatRecording } = await import('../model/recording-yaml.ts');
  const template = findTemplate(library, name);
  const prompt = template.ok ? await loadPrompt(template.value) : template;
  const given = new Map(Object.entries(values).map(([key, value]) => [key, { kind: 'data' as const, value }]));
  const inputs = template.ok ? readInputs(template.value, given) : template;
  if (!template.ok || !prompt.ok || !inputs.ok) throw new Error(`the trial of "${name}" does not fit its template`);
  const built = buildRequest(template.value, { prompt: prompt.value, values: inputs.value, model: MODEL });
  if (!built.ok) throw new Error(`the template "${name}" cannot be filled`);
  const { request } = built.value;
  const text = formatRecording({ request, answer: { text: answer, finishReason: 'stop', model: null, usage: null } });
  return {
    file: `recordings/${recordingFileName(name, request)}`,
    text: `${text}note: An answer made up for this example; no model was asked.\n`,
  };
}

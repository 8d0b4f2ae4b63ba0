// A recorded call: one request and its answer, and the name of its file. Read and written by recording-yaml.ts. Knows no folder.
import type { ModelRequest, ModelUsage } from './provider.ts';
import { requestKey } from './request-key.ts';

export type RecordedAnswer = {
  readonly text: string;
  readonly finishReason: string;
  /** The model that answered, by its own account. */
  readonly model: string | null;
  readonly usage: ModelUsage | null;
};

export type Recording = { readonly request: ModelRequest; readonly answer: RecordedAnswer };

/** A file of the recordings folder, named as it is to be shown. */
export type RecordingFile = { readonly file: string; readonly text: string };

/** `write-tests-1f0c9a2b.yaml`: a label (a task, a template) for people, and the beginning of the key, so that a changed prompt is a new file. */
export function recordingFileName(label: string, request: ModelRequest): string {
  const slug = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  return `${slug === '' ? 'call' : slug}-${requestKey(request).slice(0, 8)}.yaml`;
}

// Writes calls as recordings into a folder (`--record DIR`), to be answered from later. Knows no call that failed: there is nothing to
// answer with.

import path from 'node:path';
import { ok, type Result } from '../base/result.ts';
import { type Recording, recordingFileName } from '../model/recording.ts';
import { requestKey } from '../model/request-key.ts';
import type { FileFailure } from '../system/files.ts';
import { replaceFile } from '../system/replace.ts';

/** Gives the name of the file. Secrets are to be replaced before. */
export type Recorder = (label: string, recording: Recording) => Promise<Result<string, FileFailure>>;

/**
 * The same request asked again in the same run gets a file of its own, named so that it sorts behind the first: a replay gives the
 * answers in that order. A new run writes over what an earlier one recorded.
 */
export function createRecorder(folder: string): Recorder {
  const times = new Map<string, number>();
  return async (label, recording) => {
    const { formatRecording } = await import('../model/recording-yaml.ts');
    const key = requestKey(recording.request);
    const turn = (times.get(key) ?? 0) + 1;
    times.set(key, turn);
    const name = recordingFileName(label, recording.request);
    const file = turn === 1 ? name : name.replace(/\.yaml$/, `_${String(turn).padStart(2, '0')}.yaml`);
    const written = await replaceFile(path.join(folder, file), formatRecording(recording));
    return written.ok ? ok(path.join(folder, file)) : written;
  };
}

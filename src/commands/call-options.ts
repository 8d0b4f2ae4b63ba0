// The options of every command that may call a model, from text to what the calls need.

import path from 'node:path';
import type { App } from '../app.ts';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { CallFlags } from '../calls/types.ts';
import { fileInfo } from '../system/files.ts';

export type CallOptions = {
  readonly maxCost?: number;
  readonly record?: string;
  readonly replay?: string;
  readonly allowSecrets?: boolean;
};

/** Folders are relative to where the command is given, as a shell completes them. */
export function callFlags(app: App, options: CallOptions): Result<CallFlags, Failure> {
  const { maxCost: maxCostUsd, record, replay, allowSecrets } = options;
  // Told before a call is paid for that could then not be kept.
  if (record !== undefined && fileInfo(path.resolve(record))?.isDirectory === false)
    return err({
      code: 'usage',
      message: `--record: ${record} is not a folder`,
      advice: 'name a folder, or a new one',
    });
  const flags = { maxCostUsd, allowSecrets, record: record === undefined ? undefined : path.resolve(record) };
  if (replay === undefined) return ok(flags);
  if (app.provider !== undefined && app.provider !== 'replay') {
    const message = `--replay answers from recordings, and --provider ${app.provider} asks somebody else`;
    return err({ code: 'usage', message, advice: 'give one of the two' });
  }
  if (replay === 'history') return ok({ ...flags, replay: { kind: 'history' } });
  const folder = path.resolve(replay);
  if (fileInfo(folder)?.isDirectory) return ok({ ...flags, replay: { kind: 'folder', folder } });
  const advice =
    'name a folder of recordings (made by --record), or "history" for the accepted answers of this project';
  return err({ code: 'usage', message: `--replay: ${replay} is not a folder`, advice });
}

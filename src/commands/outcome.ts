// How a command ends: its failure told in the way that was asked for, and the exit code.

import { exitCode, type Failure } from '../base/failure.ts';
import { type Io, writeJson } from '../terminal/io.ts';
import { jsonFailure } from '../terminal/json.ts';
import { drawFailure } from '../terminal/wording.ts';

/** Says what went wrong, on stderr or as the JSON document, and gives the exit code. */
export function fail(io: Io, failure: Failure): number {
  if (io.json) writeJson(io, jsonFailure(failure));
  else io.err(drawFailure(failure, io.errStyle, io.verbose));
  return exitCode(failure);
}

// Hands on what a process writes, chunk by chunk, and stops reading in time. Keeps nothing, and does not know the process.
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

export type OutputSink = (stream: 'stdout' | 'stderr', chunk: Buffer) => void | Promise<void>;

export type OutputReader = {
  /** Resolves when the stream has ended or was cut off; rejects with what the sink threw. */
  readonly done: Promise<void>;
  /** Delivers what has already arrived, then closes the stream. */
  readonly cutOff: () => Promise<void>;
};

// A turn of the event loop takes at least a pipe's capacity, so a few turns deliver all that was written before the cut,
// and a background process that never stops writing cannot hold the run open.
const LAST_TURNS = 8;

/** Reads one stream. A sink that returns a promise holds the reading back, and so in the end the process, until it settles. */
export function readOutput(stream: Readable, name: 'stdout' | 'stderr', sink: OutputSink): OutputReader {
  let chunks = 0;
  let delivery: Promise<void> | undefined;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: unknown) => {
    reject(error);
    stream.destroy();
  };
  const deliver = (chunk: Buffer) => {
    chunks += 1;
    try {
      const answer = sink(name, chunk);
      // A callback typed as void may return anything, such as the boolean of a stream's write().
      if (!(answer instanceof Promise)) return;
      delivery = answer;
      stream.pause();
      answer.then(() => stream.resume(), fail);
    } catch (error) {
      fail(error);
    }
  };
  // It is closed by its end, by an error, and by our own cut, whatever was delivered last.
  const closed = () => void Promise.resolve(delivery).then(() => resolve(), reject);
  stream.on('data', deliver).once('error', reject).once('close', closed);

  async function cutOff(): Promise<void> {
    let seen = -1;
    for (let turn = 0; !stream.closed && turn < LAST_TURNS && seen !== chunks; turn += 1) {
      seen = chunks;
      await delivery?.catch(() => undefined); // it is reported by `done`
      await nextTurn();
    }
    stream.destroy();
  }

  // Looked at only when the process has ended; until then a failure must not count as unhandled.
  done.catch(() => undefined);
  return { done, cutOff };
}

// Writes to a pipe or a file that is our stdout or stderr without the stream that Node would build for it: that stream loads sockets,
// which cost a fifth of a short command. Knows nothing of what is written.

import nodeFs from 'node:fs';

export type Descriptor = 1 | 2;

/** /dev/null, /dev/full and their kin, by the number that Linux gives their driver: no terminal. */
export function isMemoryDevice(stats: nodeFs.Stats): boolean {
  return process.platform === 'linux' && stats.isCharacterDevice() && stats.rdev >> 8 === 1;
}

/** True for a pipe (which another Node makes as a socket) or a file; a terminal needs Node's own stream, for its width and colours. */
export function isPlainOutput(descriptor: Descriptor): boolean {
  try {
    const stats = nodeFs.fstatSync(descriptor);
    return stats.isFIFO() || stats.isFile() || stats.isSocket() || isMemoryDevice(stats);
  } catch {
    return false;
  }
}

/** Those that had to be handed to Node's stream once: what came later must not overtake what waits there. */
const handedOver = new Set<Descriptor>();

const gone = new Set<Descriptor>();

/** Whether whoever read it has gone: what is written is lost, and nobody waits for more. */
export function hasNoReader(descriptor: Descriptor): boolean {
  return gone.has(descriptor);
}

/**
 * Writes all of the text before it returns, as Node's stream for a pipe does on Linux. A reader that has gone (`| head`) is no error.
 * Where the other side made the pipe non-blocking and is slow, the rest goes the way of Node's stream, which waits.
 */
export function writePlain(descriptor: Descriptor, text: string): void {
  let rest = Buffer.from(text, 'utf8');
  while (rest.length > 0) {
    if (handedOver.has(descriptor)) return void (descriptor === 1 ? process.stdout : process.stderr).write(rest);
    try {
      rest = rest.subarray(nodeFs.writeSync(descriptor, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return void gone.add(descriptor);
      if (code !== 'EAGAIN') throw error;
      handedOver.add(descriptor);
    }
  }
}

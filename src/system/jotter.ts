// Lines that outlive this process, whatever ends it, and no power cut: handed to the system at once, without waiting for the disk, and
// taken back when they are kept elsewhere. Knows no line.

import nodeFs from 'node:fs';
import path from 'node:path';

export type Jotter = {
  /** What cannot be written is left out: it is only a second copy. */
  readonly add: (line: string) => void;
  /** Takes all lines back but the head. */
  readonly clear: () => void;
  /** Takes the file away. */
  readonly close: () => void;
};

/** The file is made with the first line; `head` comes before it. */
export function openJotter(file: string, head: string): Jotter {
  let descriptor: number | undefined;
  let isClear = true;
  const first = `${head}\n`;
  const open = (): number => {
    nodeFs.mkdirSync(path.dirname(file), { recursive: true });
    const made = nodeFs.openSync(file, 'ax');
    nodeFs.writeSync(made, first);
    return made;
  };
  return {
    add(line) {
      quietly(() => {
        descriptor ??= open();
        isClear = false;
        nodeFs.writeSync(descriptor, `${line}\n`);
      });
    },
    clear() {
      if (descriptor === undefined || isClear) return;
      isClear = true;
      const made = descriptor;
      quietly(() => nodeFs.ftruncateSync(made, Buffer.byteLength(first)));
    },
    close() {
      if (descriptor === undefined) return;
      const made = descriptor;
      descriptor = undefined;
      quietly(() => nodeFs.closeSync(made));
      quietly(() => nodeFs.unlinkSync(file));
    },
  };
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // See `add`.
  }
}

// The only door to the file system. Knows paths and bytes, nothing of runbooks.

// By the default export, because Node loads `fs.promises` when it is first used: a command that only reads never pays for it.
import nodeFs from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import { ensureFolder } from './folders.ts';

export type FileFailure = {
  readonly code: 'io';
  readonly operation: string;
  readonly path: string;
  readonly errno: string;
};

/** An error of the file system as a value. */
export function failure(operation: string, file: string, error: unknown): FileFailure {
  // Anything else is a defect, not a matter of files.
  if (!(error instanceof Error && 'code' in error)) throw error;
  return { code: 'io', operation, path: file, errno: String(error.code) };
}

/** The text of a UTF-8 file; a BOM stays. ENOENT and the like are values. */
export function readText(file: string): Result<string, FileFailure> {
  const bytes = readBytes(file);
  return bytes.ok ? ok(bytes.value.toString('utf8')) : bytes;
}

export function readBytes(file: string): Result<Buffer, FileFailure> {
  try {
    // Nobody may ever write into it.
    if (nodeFs.statSync(file).isFIFO()) return err({ code: 'io', operation: 'read', path: file, errno: 'ENXIO' });
    return ok(nodeFs.readFileSync(file));
  } catch (error) {
    return err(failure('read', file, error));
  }
}

const PART_BYTES = 512 * 1024;
/** Taken while it is in use, so that a large file that is looked at again and again leaves nothing behind each time. */
let sparePart: Buffer | undefined;

/** Whether a file holds just this; it is read part by part while others go on: for what is large. */
export async function holdsMeanwhile(file: string, bytes: Buffer): Promise<Result<boolean, FileFailure>> {
  const part = sparePart ?? Buffer.allocUnsafeSlow(PART_BYTES);
  sparePart = undefined;
  let descriptor: number | undefined;
  try {
    if (nodeFs.statSync(file).isFIFO()) return err({ code: 'io', operation: 'read', path: file, errno: 'ENXIO' });
    // What has become a pipe since is not waited for: nobody may ever write into it.
    descriptor = nodeFs.openSync(file, nodeFs.constants.O_RDONLY | (nodeFs.constants.O_NONBLOCK ?? 0));
    return ok(nodeFs.fstatSync(descriptor).size === bytes.length && (await isSameByPart(descriptor, bytes, part)));
  } catch (error) {
    return err(failure('read', file, error));
  } finally {
    if (descriptor !== undefined) nodeFs.closeSync(descriptor);
    sparePart = part;
  }
}

async function isSameByPart(descriptor: number, bytes: Buffer, part: Buffer): Promise<boolean> {
  for (let at = 0; at < bytes.length; ) {
    const length = await readPart(descriptor, part, at);
    // It may have become another while it was read.
    if (length === 0 || !part.subarray(0, length).equals(bytes.subarray(at, at + length))) return false;
    at += length;
  }
  return true;
}

function readPart(descriptor: number, part: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) =>
    nodeFs.read(descriptor, part, 0, part.length, at, (error, length) => (error ? reject(error) : resolve(length))),
  );
}

/** The bytes of a file, a pipe or a device, which may have no end; undefined where there are more than so many. */
export function readAtMost(file: string, maxBytes: number): Result<Buffer | undefined, FileFailure> {
  try {
    const descriptor = nodeFs.openSync(file, 'r');
    try {
      return ok(readChunks(descriptor, maxBytes));
    } finally {
      nodeFs.closeSync(descriptor);
    }
  } catch (error) {
    return err(failure('read', file, error));
  }
}

function readChunks(descriptor: number, maxBytes: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= maxBytes; ) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, maxBytes + 1));
    const read = nodeFs.readSync(descriptor, chunk, 0, chunk.length, null);
    if (read === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, read));
    length += read;
  }
  return undefined;
}

const CHUNK_BYTES = 256 * 1024;

/**
 * What a path leads to, size in bytes, last written when in milliseconds; undefined where that is nothing, or nothing that can be
 * looked at. Follows links.
 */
export function fileInfo(
  file: string,
):
  | { size: number; isFile: boolean; isDirectory: boolean; isDevice: boolean; uid: number; writtenMs: number }
  | undefined {
  try {
    const stats = nodeFs.statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    const { size, uid, mtimeMs: writtenMs } = stats;
    const isDevice = stats.isCharacterDevice();
    return { size, isFile: stats.isFile(), isDirectory: stats.isDirectory(), isDevice, uid, writtenMs };
  } catch {
    return undefined;
  }
}

/** What can be seen of a file without reading it; `changedMs` is the time of its last change. One look, links followed. */
export type FileStamp = {
  readonly is: 'file' | 'folder' | 'none';
  readonly size: number;
  readonly changedMs: number;
};

const NOTHING: FileStamp = { is: 'none', size: 0, changedMs: 0 };

export function fileStamp(file: string): FileStamp {
  try {
    const stats = nodeFs.statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return NOTHING;
    if (stats.isDirectory()) return { is: 'folder', size: 0, changedMs: 0 };
    return stats.isFile() ? { is: 'file', size: stats.size, changedMs: stats.mtimeMs } : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** SHA-256 of a file of any size, in hexadecimal. */
export function hashFile(file: string): Result<string, FileFailure> {
  try {
    const descriptor = nodeFs.openSync(file, 'r');
    try {
      // Loaded when it is used: it costs every start 8 ms otherwise.
      const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
      const buffer = Buffer.allocUnsafe(HASHED_AT_ONCE);
      for (let read = 1; read > 0; ) {
        read = nodeFs.readSync(descriptor, buffer, 0, buffer.length, null);
        hash.update(buffer.subarray(0, read));
      }
      return ok(hash.digest('hex'));
    } finally {
      nodeFs.closeSync(descriptor);
    }
  } catch (error) {
    return err(failure('read', file, error));
  }
}

const HASHED_AT_ONCE = 64 * 1024;

/** What tells a file from another of the same name; undefined where there is none. */
export function fileId(file: string): string | undefined {
  const stats = nodeFs.statSync(file, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

export function exists(file: string): boolean {
  return nodeFs.existsSync(file);
}

/** For notes that may be lost: a file that matters is replaced as a whole (replace.ts). */
export function writeText(file: string, text: string): Result<undefined, FileFailure> {
  try {
    nodeFs.writeFileSync(file, text);
    return ok(undefined);
  } catch (error) {
    return err(failure('write', file, error));
  }
}

export function makeFolder(folder: string): Result<undefined, FileFailure> {
  try {
    ensureFolder(folder);
    return ok(undefined);
  } catch (error) {
    return err(failure('create the folder', folder, error));
  }
}

/** Writes a file that must not be there yet. EEXIST is a value. */
export async function createFile(
  file: string,
  content: string,
  mode?: number,
): Promise<Result<undefined, FileFailure>> {
  try {
    ensureFolder(path.dirname(file));
    const handle = await nodeFs.promises.open(file, 'wx', mode);
    try {
      await handle.writeFile(content);
    } catch (error) {
      // Half a file would be taken for the whole one at the next try.
      await nodeFs.promises.rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return ok(undefined);
  } catch (error) {
    return err(failure('create', file, error));
  }
}

/** What was written is on the disk and not only on its way there. */
export function syncFile(file: string): Result<undefined, FileFailure> {
  try {
    const descriptor = nodeFs.openSync(file, 'r+');
    try {
      nodeFs.fdatasyncSync(descriptor);
    } finally {
      nodeFs.closeSync(descriptor);
    }
    return ok(undefined);
  } catch (error) {
    return err(failure('write', file, error));
  }
}

/** Takes what is behind `size` bytes away. */
export function cutFile(file: string, size: number): Result<undefined, FileFailure> {
  try {
    nodeFs.truncateSync(file, size);
    return ok(undefined);
  } catch (error) {
    return err(failure('cut', file, error));
  }
}

/** At once; a file that is not there is no failure. */
export function removeNow(file: string): Result<undefined, FileFailure> {
  try {
    // Not rmSync: its errors have no code.
    nodeFs.unlinkSync(file);
    return ok(undefined);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ok(undefined);
    return err(failure('remove', file, error));
  }
}

/** While others go on. One that is not there is as good as removed. */
export function removeFile(file: string): Promise<Result<undefined, FileFailure>> {
  return new Promise((resolve) => {
    // Not rm: it looks at the file first.
    nodeFs.unlink(file, (error) =>
      resolve(error === null || error.code === 'ENOENT' ? ok(undefined) : err(failure('remove', file, error))),
    );
  });
}

/** Only where it is empty. */
export function removeFolderNow(folder: string): void {
  try {
    nodeFs.rmdirSync(folder);
  } catch {
    // Something of somebody else is in it.
  }
}

/** With all that is in it. */
export async function removeFolder(folder: string): Promise<void> {
  await nodeFs.promises.rm(folder, { recursive: true, force: true });
}

/** Names in a folder, sorted; empty where there is none. */
export async function listFolder(folder: string): Promise<string[]> {
  const names = await nodeFs.promises.readdir(folder).catch(() => [] as string[]);
  return names.sort();
}

/** The same at once. */
export function listFolderNow(folder: string): string[] {
  try {
    return nodeFs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Within a folder; what stands there is replaced. */
export function renameNow(file: string, to: string): Result<undefined, FileFailure> {
  try {
    nodeFs.renameSync(file, to);
    return ok(undefined);
  } catch (error) {
    return err(failure('write', to, error));
  }
}

/** As the rest of the system has it (POSIX: TMPDIR). */
export function temporaryFolder(): string {
  return process.env.TMPDIR || '/tmp';
}

export type TemporaryFile = {
  readonly path: string;
  readonly read: () => Result<string, FileFailure>;
  readonly remove: () => Promise<void>;
};

/** A private file outside the project, for a text on its way through an editor. */
export async function makeTemporaryFile(text: string, extension: string): Promise<Result<TemporaryFile, FileFailure>> {
  try {
    const folder = await nodeFs.promises.mkdtemp(path.join(temporaryFolder(), 'orchestrate-'));
    const file = path.join(folder, `edit${extension}`);
    await nodeFs.promises.writeFile(file, text, { mode: 0o600 });
    return ok({ path: file, read: () => readText(file), remove: () => removeFolder(folder) });
  } catch (error) {
    return err(failure('create', temporaryFolder(), error));
  }
}

/** A private file that stays where it is: whoever named it removes it. One that is there already gets this text. */
export async function makeDraft(file: string, text: string): Promise<Result<TemporaryFile, FileFailure>> {
  const made = await createFile(file, text, 0o600);
  const again = made.ok || made.error.errno !== 'EEXIST' ? made : writeText(file, text);
  if (!again.ok) return again;
  return ok({ path: file, read: () => readText(file), remove: async () => void removeNow(file) });
}

/** The bytes from an offset to the end. */
export function readFrom(file: string, offset: number): Result<Buffer, FileFailure> {
  try {
    const descriptor = nodeFs.openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(Math.max(0, nodeFs.fstatSync(descriptor).size - offset));
      return ok(buffer.subarray(0, nodeFs.readSync(descriptor, buffer, 0, buffer.length, offset)));
    } finally {
      nodeFs.closeSync(descriptor);
    }
  } catch (error) {
    return err(failure('read', file, error));
  }
}

// What the operating system's error codes mean, in words. Knows nothing of what was being done.

const WORDS: Record<string, string> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is no folder',
  EACCES: 'cannot be opened: permission denied',
  EPERM: 'cannot be opened: not permitted',
  ELOOP: 'cannot be opened: its links lead in a circle',
  ENAMETOOLONG: 'cannot exist: its name is too long',
  EISDIR: 'is a folder',
  ENXIO: 'is a pipe, not a file',
};

/** The end of a sentence that begins with a file: "does not exist". */
export function errnoText(errno: string): string {
  return WORDS[errno] ?? `cannot be read (${errno})`;
}

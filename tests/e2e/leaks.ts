// Looks for secrets in texts and files, in every form in which one may be written. Knows no command.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Project } from '../rig/project.ts';

export type Secrets = Readonly<Record<string, string>>;

export const random = (bytes = 12) => randomBytes(bytes).toString('hex');

/** How a value may appear: as it is, its halves, in URLs, JSON and base64, the last also in the middle of a longer text. */
function formsOf(value: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.from('\0'.repeat(shift) + value).toString('base64');
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + value.length) * 8) / 6));
  });
  // base64 breaks a long text at 76 columns.
  const broken = base64[0]?.match(/.{60,76}/g) ?? [];
  const half = Math.floor(value.length / 2);
  return [
    value,
    value.slice(0, half),
    value.slice(half),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    ...base64,
    ...broken,
  ];
}

export function leaksIn(text: string, secrets: Secrets): string[] {
  return Object.entries(secrets).flatMap(([name, value]) =>
    formsOf(value)
      .filter((form) => text.includes(form))
      .map((form) => `${name} as ${form}`),
  );
}

/** Every file but those that the test itself wrote them into; a database as the bytes that it is. */
export async function leaksOnDisk(project: Project, secrets: Secrets, given: readonly string[]): Promise<string[]> {
  const files = (await project.list()).filter((file) => !given.includes(file));
  const found = await Promise.all(
    files.map(async (file) =>
      leaksIn(await readFile(path.join(project.dir, file), 'latin1'), secrets).map((leak) => `${file}: ${leak}`),
    ),
  );
  return found.flat();
}

// Exchanges two files in one step of the kernel, so that what stood at a name can be looked at after it was replaced. Knows no content.

/** True when the two names have changed places. False where it failed: then nothing was changed. Paths are absolute. */
export type Exchange = (one: string, other: string) => boolean;

/** renameat2(2). The folder that it starts from does not matter to absolute paths. */
const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;
/** renamex_np(2) of macOS. */
const RENAME_SWAP = 2;

let known: { readonly exchange: Exchange | undefined } | undefined;

/** Undefined where this system has no such step: there is a second best way (replace.ts). Node itself has none for it. */
export async function loadExchange(): Promise<Exchange | undefined> {
  known ??= { exchange: await find() };
  return known.exchange;
}

/** A platform without a prebuilt koffi, an old libc or a musl without the symbol is no defect. */
async function find(): Promise<Exchange | undefined> {
  try {
    const { default: koffi } = await import('koffi');
    if (process.platform === 'linux') {
      const call = koffi.load(null).func('int renameat2(int, const char *, int, const char *, unsigned int)');
      return (one, other) => call(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) === 0;
    }
    if (process.platform === 'darwin') {
      const call = koffi.load(null).func('int renamex_np(const char *, const char *, unsigned int)');
      return (one, other) => call(one, other, RENAME_SWAP) === 0;
    }
  } catch {
    // As below.
  }
  return undefined;
}

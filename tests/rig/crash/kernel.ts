// What the kernel saw of a program's file operations, by strace: the check that the shim (faults.c) misses none. Knows no scenario.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export function whyNoKernelTrace(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux (strace)';
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0 ? undefined : 'needs strace';
}

const CALLS =
  'open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,fallocate,io_uring_setup,fsync,fdatasync,' +
  'sync_file_range,truncate,ftruncate,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,rename,renameat,renameat2,link,linkat,symlink,' +
  'symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir';

/** What is put before a command line. Descriptors are shown with their paths (-y); clone tells threads from child processes. */
export function straceBefore(output: string): string[] {
  return [
    'strace',
    '-f',
    '-y',
    '-qq',
    '-s',
    '0',
    '-e',
    'signal=none',
    '-e',
    `trace=clone,clone3,vfork,fork,${CALLS}`,
    '-o',
    output,
  ];
}

const KINDS: Readonly<Record<string, string>> = {
  creat: 'create',
  pwrite64: 'write',
  writev: 'write',
  pwritev: 'write',
  fdatasync: 'fsync',
  ftruncate: 'truncate',
  fchmod: 'chmod',
  fchmodat: 'chmod',
  fchown: 'chown',
  mkdirat: 'mkdir',
  unlinkat: 'unlink',
  renameat: 'rename',
  linkat: 'link',
  symlinkat: 'symlink',
};

function kindOf(call: string, rest: string): string {
  if (call === 'open' || call === 'openat')
    return rest.includes('O_CREAT') ? 'create' : rest.includes('O_RDONLY') ? 'open-read' : 'open';
  if (call === 'renameat2') return rest.includes('RENAME_EXCHANGE') ? 'exchange' : 'rename';
  return KINDS[call] ?? call;
}

/** The last path of a call that lies in `root`: where a rename leads, or what a descriptor is open on. */
function fileOf(rest: string, root: string): string | undefined {
  const paths = rest
    .replace(/ = .*$/, '')
    .matchAll(/"(\/[^"]*)"|\d+<(\/[^>]*)>/g)
    .map(([, named, opened]) => named ?? opened ?? '');
  return paths
    .filter((file) => file === root || file.startsWith(`${root}/`))
    .toArray()
    .at(-1)
    ?.slice(root.length);
}

/**
 * `<kind> <file>` for every operation of the traced program itself inside `root`, sorted. What it started is left out, and so are folders
 * opened to be listed: libc does that by itself, out of reach of any shim, and nothing is changed by it. What SQLite writes into the shared
 * memory of a -shm file is no call and is not seen either; it is rebuilt from the -wal.
 */
export function kernelOperations(output: string, root: string): string[] {
  const lines = readFileSync(output, 'utf8').split('\n');
  const own = new Set([lines[0]?.split(' ')[0]]);
  const found: string[] = [];
  for (const line of lines) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (!own.has(thread)) continue;
    // A call that another thread interrupts is printed in two parts: the first has the arguments, the second the id of a new thread.
    const born = /^(?:clone3?\(|<\.\.\. clone3? resumed>).* = (\d+)/.exec(text);
    if (born && /CLONE_THREAD|resumed/.test(text)) own.add(born[1] ?? '');
    const [, call = '', rest = ''] = /^([a-z0-9_]+)\((.*)$/.exec(text) ?? [];
    const file = call === '' ? undefined : fileOf(rest, root);
    const isListing = rest.includes('O_DIRECTORY');
    if (file !== undefined && !isListing) found.push(`${kindOf(call, rest)} ${file}`);
  }
  return found.sort();
}

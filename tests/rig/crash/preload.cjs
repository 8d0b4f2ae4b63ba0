// What faults.c does, for machines without a C compiler or without LD_PRELOAD: counts the file operations of the program inside one
// folder, and at the n-th kills it or lets the call fail. To be preloaded (node --require). Same variables, same trace, but coarser:
// what SQLite does for one statement is one operation here. Knows nothing of the program but the packages that it writes with.
'use strict';
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const { FAULT_ROOT, FAULT_AT = '0', FAULT_ACTION = '', FAULT_STICKY, FAULT_TRACE, FAULT_WITHOUT } = process.env;
// What the program starts is left alone.
delete process.env.NODE_OPTIONS;
delete process.env.FAULT_ROOT;

const real = { ...fs, promises: { ...fs.promises } };
const root = real.realpathSync(FAULT_ROOT);
const faultAt = Number(FAULT_AT);
const isKill = ['kill', 'kill-after', 'torn'].includes(FAULT_ACTION);
const trace = FAULT_TRACE === undefined ? undefined : real.openSync(FAULT_TRACE, 'a');
/** Of open descriptors inside the folder. */
const names = new Map();
let counted = 0;

function die() {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function inside(file) {
  const whole = typeof file === 'string' ? path.resolve(file) : undefined;
  return whole !== undefined && (whole === root || whole.startsWith(root + path.sep)) ? whole.slice(root.length) : undefined;
}

/** Counts, and says what is to become of the call: `half` and `after` only where they can be done. Kills at once if it is to. */
function judge(kind, file, canBeHalf = false) {
  const name = inside(file);
  if (name === undefined) return 'go on';
  counted += 1;
  if (trace !== undefined) real.writeSync(trace, `${counted} ${kind} ${name}\n`);
  if (faultAt === 0 || counted < faultAt || (counted > faultAt && FAULT_STICKY !== '1')) return 'go on';
  if (FAULT_ACTION === 'kill-after') return 'after';
  if (canBeHalf && (FAULT_ACTION === 'torn' || (FAULT_ACTION === 'short-ENOSPC' && counted === faultAt))) return 'half';
  if (isKill) die();
  return 'fail';
}

const ERRNO = { ENOSPC: 28, EIO: 5, EROFS: 30, EACCES: 13, EMFILE: 24 };

function failure(kind, file) {
  const code = FAULT_ACTION.replace('short-', '');
  return Object.assign(new Error(`${code}: made to fail, ${kind} '${file}'`), { code, errno: -ERRNO[code], syscall: kind, path: file });
}

/** The call, or what is to come instead of it. */
function doSync(kind, file, call) {
  const said = judge(kind, file);
  if (said === 'fail') throw failure(kind, file);
  const result = call();
  if (said === 'after') die();
  return result;
}

async function doLater(kind, file, call) {
  const said = judge(kind, file);
  if (said === 'fail') throw failure(kind, file);
  const result = await call();
  if (said === 'after') die();
  return result;
}

function kindOfOpen(flags = 'r') {
  if (typeof flags === 'number') {
    const { O_CREAT, O_WRONLY, O_RDWR } = fs.constants;
    return flags & O_CREAT ? 'create' : flags & (O_WRONLY | O_RDWR) ? 'open' : 'open-read';
  }
  return /^[wa]/.test(flags) ? 'create' : flags.includes('+') ? 'open' : 'open-read';
}

function bytesOf(data, encoding) {
  return typeof data === 'string' ? Buffer.from(data, typeof encoding === 'string' ? encoding : 'utf8') : Buffer.from(data);
}

/** A write that may be torn or short. Gives the number of bytes. */
function writeBytes(descriptor, bytes, position) {
  const file = names.get(descriptor);
  const said = file === undefined ? 'go on' : judge('write', file, bytes.length > 1);
  if (said === 'fail') throw failure('write', file);
  const length = said === 'half' ? bytes.length >> 1 : bytes.length;
  const written = real.writeSync(descriptor, bytes, 0, length, position);
  if (said === 'after' || (said === 'half' && isKill)) die();
  return written;
}

/** As Node's own: until all is written. The rest of a short write fails, as on a full disk. */
function writeAll(descriptor, bytes) {
  for (let done = 0; done < bytes.length; ) {
    done += writeBytes(descriptor, bytes.subarray(done));
    if (done < bytes.length && FAULT_ACTION === 'short-ENOSPC') throw failure('write', names.get(descriptor));
  }
}

fs.openSync = (file, flags, mode) => {
  const descriptor = doSync(kindOfOpen(flags), file, () => real.openSync(file, flags, mode));
  if (inside(file) !== undefined) names.set(descriptor, file);
  return descriptor;
};
fs.closeSync = (descriptor) => {
  names.delete(descriptor);
  real.closeSync(descriptor);
};
fs.writeSync = (descriptor, data, ...rest) => {
  if (!names.has(descriptor)) return real.writeSync(descriptor, data, ...rest);
  if (typeof data === 'string') return writeBytes(descriptor, bytesOf(data, rest[1]), rest[0]);
  const [offset = 0, length = data.byteLength - offset, position] = rest;
  return writeBytes(descriptor, data.subarray(offset, offset + length), position);
};
fs.writeFileSync = (file, data, options) => {
  if (typeof file === 'number') {
    if (names.has(file)) return writeAll(file, bytesOf(data, options));
    return real.writeFileSync(file, data, options);
  }
  const descriptor = fs.openSync(file, options?.flag ?? 'w', options?.mode);
  try {
    writeAll(descriptor, bytesOf(data, options?.encoding ?? options));
  } finally {
    fs.closeSync(descriptor);
  }
};
fs.appendFileSync = (file, data, options) => fs.writeFileSync(file, data, { ...options, flag: 'a' });
fs.readFileSync = (file, options) => doSync('open-read', file, () => real.readFileSync(file, options));

for (const [name, kind] of Object.entries({ fsync: 'fsync', fdatasync: 'fsync', ftruncate: 'truncate', fchmod: 'chmod', fchown: 'chown' }))
  fs[`${name}Sync`] = (descriptor, ...rest) =>
    doSync(kind, names.get(descriptor), () => real[`${name}Sync`](descriptor, ...rest));

const OF_PATH = { mkdir: 'mkdir', rmdir: 'unlink', rm: 'unlink', unlink: 'unlink', truncate: 'truncate', chmod: 'chmod', chown: 'chown', mkdtemp: 'mkdir' };
/** Counted by where they lead. */
const OF_TWO = { rename: 'rename', link: 'link', symlink: 'link', copyFile: 'create' };
for (const [name, kind] of Object.entries(OF_PATH)) {
  fs[`${name}Sync`] = (file, ...rest) => doSync(kind, file, () => real[`${name}Sync`](file, ...rest));
  fs.promises[name] = (file, ...rest) => doLater(kind, file, () => real.promises[name](file, ...rest));
}
for (const [name, kind] of Object.entries(OF_TWO)) {
  fs[`${name}Sync`] = (from, to, ...rest) => doSync(kind, to, () => real[`${name}Sync`](from, to, ...rest));
  fs.promises[name] = (from, to, ...rest) => doLater(kind, to, () => real.promises[name](from, to, ...rest));
}

fs.promises.readFile = (file, ...rest) => doLater('open-read', file, () => real.promises.readFile(file, ...rest));
fs.promises.writeFile = async (file, data, options) => fs.writeFileSync(file, data, options);
fs.promises.appendFile = async (file, data, options) => fs.appendFileSync(file, data, options);
fs.promises.open = async (file, flags, mode) => {
  const handle = await doLater(kindOfOpen(flags), file, () => real.promises.open(file, flags, mode));
  return inside(file) === undefined ? handle : watched(handle, file);
};

/** A FileHandle whose methods count. Written at the place where it stands, which only a descriptor opened for appending or from 0 has. */
function watched(handle, file) {
  names.set(handle.fd, file);
  for (const [name, kind] of Object.entries({ sync: 'fsync', datasync: 'fsync', chmod: 'chmod', chown: 'chown', truncate: 'truncate' })) {
    const method = handle[name].bind(handle);
    handle[name] = (...rest) => doLater(kind, file, () => method(...rest));
  }
  handle.writeFile = async (data, options) => writeAll(handle.fd, bytesOf(data, options));
  handle.write = async (data, ...rest) => ({ bytesWritten: fs.writeSync(handle.fd, data, ...rest), buffer: data });
  const close = handle.close.bind(handle);
  handle.close = () => {
    names.delete(handle.fd);
    return close();
  };
  return handle;
}
require('node:module').syncBuiltinESMExports();

const SQLITE = {
  ENOSPC: ['SQLITE_FULL', 'database or disk is full'],
  EIO: ['SQLITE_IOERR_WRITE', 'disk I/O error'],
  EROFS: ['SQLITE_READONLY', 'attempt to write a readonly database'],
  EACCES: ['SQLITE_CANTOPEN', 'unable to open database file'],
  EMFILE: ['SQLITE_CANTOPEN', 'unable to open database file'],
};

/** Nothing that only reads finds the disk full, and to close a database never fails. */
function sqlErrorOf(kind) {
  return kind === 'sql-read' ? ['SQLITE_IOERR_READ', 'disk I/O error'] : SQLITE[FAULT_ACTION.replace('short-', '')];
}

function watchedDatabase(Real) {
  const doSql = (kind, file, call) => {
    const said = judge(kind, file);
    const [code, message] = sqlErrorOf(kind) ?? [];
    if (said === 'fail' && kind !== 'sql-close') throw new Real.SqliteError(message, code);
    const result = call();
    if (said === 'after') die();
    return result;
  };
  const ofStatement = (statement, file) => {
    for (const name of ['run', 'get', 'all']) {
      const method = statement[name].bind(statement);
      const kind = statement.readonly ? 'sql-read' : 'sql-write';
      statement[name] = (...values) => doSql(kind, file, () => method(...values));
    }
    return statement;
  };
  class Watched extends Real {
    constructor(file, options) {
      doSql('sql-open', file, () => undefined);
      super(file, options);
    }
    exec(sql) {
      return doSql('sql-write', this.name, () => super.exec(sql));
    }
    pragma(...rest) {
      return doSql('sql-write', this.name, () => super.pragma(...rest));
    }
    prepare(sql) {
      return ofStatement(super.prepare(sql), this.name);
    }
    /** The commit is hit from inside: an error there rolls back, as one of the commit itself does. */
    transaction(work) {
      return super.transaction((...values) => {
        const result = work(...values);
        return doSql('sql-commit', this.name, () => result);
      });
    }
    close() {
      return doSql('sql-close', this.name, () => super.close());
    }
  }
  return Watched;
}

/** Functions of the system that are called by koffi: the exchange of two files. */
function watchedKoffi(koffi) {
  const load = (...names) => {
    const library = koffi.load(...names);
    const func = (signature, ...rest) => {
      if (FAULT_WITHOUT === 'exchange') throw new Error(`there is no such function here: ${signature}`);
      const call = library.func(signature, ...rest);
      return (...values) => {
        const [, to] = values.filter((value) => typeof value === 'string');
        const said = judge('exchange', to);
        if (said === 'fail') return -1;
        const result = call(...values);
        if (said === 'after') die();
        return result;
      };
    };
    return { func };
  };
  return { ...koffi, load };
}

const watchedModules = { 'better-sqlite3': watchedDatabase, koffi: watchedKoffi };
const loaded = new Map();
const load = Module._load;
Module._load = function (request, ...rest) {
  const watch = watchedModules[request];
  if (watch === undefined) return load.call(this, request, ...rest);
  if (!loaded.has(request)) loaded.set(request, watch(load.call(this, request, ...rest)));
  return loaded.get(request);
};

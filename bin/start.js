// Loads the files of dist/ together with the code that V8 made of them when they last ran. Knows nothing of what the program does.
//
// Node's own compile cache keeps what is compiled while a file loads: almost nothing of it, since V8 compiles a function when it is first
// called. Here the code is taken at the end of a process, with every function that was called, as V8 advises ("Code caching for
// JavaScript developers", v8.dev/blog/code-caching-for-devs). A `status` compiles for half of its time without it.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** Builds and Node versions whose code is kept; older ones are removed. */
const KEPT_FOLDERS = 4;

/** Runs the program in this folder with the arguments of the process, and sets its exit code. */
async function start(dist) {
  // Until it is known better: neither a defect nor an event loop that runs dry may look like success.
  process.exitCode = 70;
  const { main, keep } = loadOrTell(dist);
  if (main === undefined) return;
  process.exitCode = await main(process.argv.slice(2));
  keep();
  // As soon as nothing is left to do: Node would take its heap apart first, which takes as long as reading fifty files.
  process.once('beforeExit', () => process.exit());
}

function loadOrTell(dist) {
  try {
    return load(dist);
  } catch (error) {
    process.stderr.write(`orchestrate: its own files cannot be loaded: ${error.message}\n  → install it again\n`);
    return {};
  }
}

/** Gives what dist/main.cjs exports, and `keep`, which is called when nothing is left to do. */
function load(dist) {
  /** @type {Map<string, { module: { exports: any }, script: vm.Script, place: string, parts: string[], isNew: boolean }>} */
  const files = new Map();
  const ran = new Set();
  let folder;
  // Which functions a file has to have ready depends on the command: the code is kept by the first part that it asks for.
  let key = 'main';

  const note = (part, file) => {
    if (key === 'main' && file !== undefined) key = part;
    ran.add(part);
  };

  const requireOurs = (name) => (name.startsWith('./') ? loadFile(name) : require(name));
  requireOurs.note = note;

  function loadFile(name) {
    const known = files.get(name);
    if (known !== undefined) return known.module.exports;
    const filename = path.join(dist, name);
    const source = fs.readFileSync(filename, 'utf8');
    folder ??= folderFor(source);
    const place = folder && path.join(folder, `${key}-${path.basename(name)}.code`);
    const { parts, code } = readKept(place);
    const script = new vm.Script(`(function (require, module, exports) {${source}\n})`, { filename, cachedData: code });
    const module = { exports: {} };
    files.set(name, { module, script, place, parts, isNew: code === undefined || script.cachedDataRejected === true });
    script.runInThisContext()(requireOurs, module, module.exports);
    return module.exports;
  }

  function keep() {
    if (!folder) return;
    const wanting = [...files.values()].filter(
      ({ parts, isNew }) => isNew || [...ran].some((part) => !parts.includes(part)),
    );
    if (wanting.length === 0) return;
    try {
      makeFolder(folder);
      for (const { script, place, parts } of wanting)
        writeKept(place, { parts: [...new Set([...parts, ...ran])], code: script.createCachedData() });
    } catch {
      // A home that is full or cannot be written to: the next start is as slow as this one was.
    }
  }

  return { main: loadFile('./main.cjs').main, keep };
}

/** By the hash of the build, with which the main file begins; '' where nothing is kept. */
function folderFor(source) {
  const home = process.env.NODE_DISABLE_COMPILE_CACHE ? '' : cacheHome(process.env);
  const build = /^\/\/ ([0-9a-f]{16})\n/.exec(source)?.[1];
  // A relative one would lead into whatever folder one stands in.
  if (!build || !home || !path.isAbsolute(home) || isOthers(home, 0)) return '';
  const folder = path.join(home, 'orchestrate', `${build}-${process.version}-${process.arch}`);
  return isOthers(folder) ? '' : folder;
}

function cacheHome({ NODE_COMPILE_CACHE, XDG_CACHE_HOME, HOME }) {
  if (NODE_COMPILE_CACHE) return NODE_COMPILE_CACHE;
  // With `sudo` it may be the home of somebody else, who could not use what is put there.
  if (!HOME || isOthers(HOME, 0)) return '';
  return XDG_CACHE_HOME || path.join(HOME, '.cache');
}

/** Code is run as it is found: nobody else may be able to put it there. False where there is nothing yet. */
function isOthers(folder, forbiddenMode = 0o022) {
  try {
    const stats = fs.statSync(folder, { throwIfNoEntry: false });
    if (stats === undefined || process.getuid === undefined) return false;
    return !stats.isDirectory() || stats.uid !== process.getuid() || (stats.mode & forbiddenMode) !== 0;
  } catch {
    return true;
  }
}

/**
 * A line with the names of the parts that had run, then the code, twice: V8 does not look for damage, and a single bit makes it crash.
 * Comparing takes a tenth of the time of a checksum, which would have to be loaded too.
 */
function readKept(place) {
  try {
    const bytes = readOwn(place);
    const begin = bytes.indexOf(10) + 1;
    const middle = (begin + bytes.length) / 2;
    const code = bytes.subarray(begin, middle);
    if (code.equals(bytes.subarray(middle))) return { parts: bytes.toString('latin1', 0, begin - 1).split(' '), code };
  } catch {
    // Nothing was kept.
  }
  return { parts: [] };
}

function readOwn(place) {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  // A pipe must not be waited for.
  const descriptor = fs.openSync(place, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  try {
    const { uid, mode } = fs.fstatSync(descriptor);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return Buffer.alloc(0);
    return fs.readFileSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Whole or not at all, also when the power fails. */
function writeKept(place, { parts, code }) {
  const temporary = `${place}.${process.pid}`;
  try {
    fs.rmSync(temporary, { force: true });
    writeSynced(temporary, { parts, code });
    fs.renameSync(temporary, place);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

function writeSynced(file, { parts, code }) {
  const descriptor = fs.openSync(file, 'wx', 0o600);
  try {
    fs.writeFileSync(descriptor, `${parts.join(' ')}\n`);
    for (let copy = 0; copy < 2; copy += 1) fs.writeFileSync(descriptor, code);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function makeFolder(folder) {
  if (fs.existsSync(folder)) return;
  const parent = path.dirname(folder);
  // Not `recursive`: in places such as /proc Node tries that for ever.
  for (const each of [path.dirname(parent), parent, folder]) if (!fs.existsSync(each)) fs.mkdirSync(each, 0o700);
  const builds = fs.readdirSync(parent).filter((name) => /^[0-9a-f]{16}-v\d/.test(name));
  const ageOf = (name) => fs.statSync(path.join(parent, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const byAge = builds.toSorted((a, b) => ageOf(b) - ageOf(a)).map((name) => path.join(parent, name));
  for (const old of byAge.slice(KEPT_FOLDERS)) fs.rmSync(old, { recursive: true, force: true });
}

module.exports = { start };

// Makes the package as npm would publish it and tries it: what is in it, what publint and attw say, a start from the packed files alone.
// Writes to temporary folders only.
//
//   node scripts/check-package.mjs [--offline]      --offline leaves out the installation by npm, which asks the registry

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const MOST_PACKED_BYTES = 2_000_000;
const REQUIRED = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'bin/orchestrate.js', 'dist/main.cjs'];
const ALLOWED = /^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE|bin\/.+|dist\/.+|docs\/.+)$/;

const offline = process.argv.includes('--offline');
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const work = mkdtempSync(path.join(tmpdir(), 'orchestrate-package-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/** What the package's program gets: the Node of this script, a home of its own, and none of the person's settings. */
const CLEAN = {
  PATH: [path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
  HOME: path.join(work, 'home'),
  TMPDIR: work,
  LANG: 'C.UTF-8',
};

/** Standard output of a command; throws with all it said when it fails. */
function run(file, args, options = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8', ...options });
  if (status === 0) return stdout;
  throw new Error(
    `"${file} ${args.join(' ')}" ${error?.message ?? `ended with ${status ?? signal}`}\n${stdout}${stderr}`,
  );
}

/** One problem where `action` throws, none where it does not. */
function problemsOf(action) {
  try {
    action();
    return [];
  } catch (error) {
    return error.message.trimEnd().split('\n');
  }
}

/** An old dist/ would be packed without a word. */
function checkFresh() {
  const folder = path.join(work, 'build');
  return problemsOf(() => {
    run(process.execPath, ['scripts/build.mjs', folder]);
    const [fresh, packed] = [folder, 'dist'].map((each) => readFileSync(path.join(each, 'main.cjs')));
    if (!fresh.equals(packed)) throw new Error('dist/main.cjs differs from a new build: run "npm run build"');
  });
}

/** The one entry of `npm pack --json`, which is a list in some versions of npm and a mapping by name in others. */
let packed;

/** Without scripts: `prepare` would replace dist/, perhaps under a program that is running from it. */
function pack() {
  return problemsOf(() => {
    const told = JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', work]));
    packed = Object.values(told)[0];
  });
}

function checkFiles() {
  const files = packed.files.map((file) => file.path);
  const problems = REQUIRED.filter((file) => !files.includes(file)).map((file) => `${file} is missing`);
  problems.push(
    ...files.filter((file) => !ALLOWED.test(file)).map((file) => `${file} does not belong into the package`),
  );
  if (!files.some((file) => file.startsWith('docs/'))) problems.push('docs/ is missing');
  const program = packed.files.find((file) => file.path === 'bin/orchestrate.js');
  if (program !== undefined && (program.mode & 0o111) === 0) problems.push('bin/orchestrate.js is not executable');
  if (packed.size > MOST_PACKED_BYTES) problems.push(`it has ${packed.size} bytes; ${MOST_PACKED_BYTES} are the most`);
  return problems;
}

async function runPublint() {
  const { buffer } = readFileSync(path.join(work, packed.filename));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  return messages.map((message) => `${message.type}: ${formatMessage(message, pkg, { color: false })}`);
}

/** Has something to say only once the package ships types; today it is a program and nothing to import. */
function runAttw() {
  return problemsOf(() => run('attw', [path.join(work, packed.filename), '--profile', 'esm-only', '--no-color']));
}

/** Everything is bundled but the native package: only that one is put beside the files. */
function tryUnpacked() {
  return problemsOf(() => {
    const prefix = path.join(work, 'unpacked');
    mkdirSync(path.join(prefix, 'node_modules'), { recursive: true });
    run('tar', ['-xzf', path.join(work, packed.filename), '-C', prefix]);
    symlinkSync(path.resolve('node_modules/better-sqlite3'), path.join(prefix, 'node_modules/better-sqlite3'));
    tryProgram(path.join(prefix, 'package/bin/orchestrate.js'), path.join(work, 'first-project'));
  });
}

function tryInstalled() {
  return problemsOf(() => {
    const prefix = path.join(work, 'installed');
    run('npm', [
      'install',
      '--global',
      '--prefix',
      prefix,
      '--no-audit',
      '--no-fund',
      path.join(work, packed.filename),
    ]);
    tryProgram(path.join(prefix, 'bin/orchestrate'), path.join(work, 'second-project'));
  });
}

/** What somebody does who has just installed it: version, a new project, everything in it done without a person. */
function tryProgram(program, project) {
  mkdirSync(CLEAN.HOME, { recursive: true });
  mkdirSync(project);
  const orchestrate = (...args) => run(program, args, { cwd: project, env: CLEAN });
  const told = orchestrate('--version').trim();
  if (told !== version) throw new Error(`"--version" says ${told}; package.json of ${name} says ${version}`);
  orchestrate('init');
  orchestrate('run', '--yes');
  const { tasks } = JSON.parse(orchestrate('status', '--json'));
  const unfinished = tasks.filter(({ status }) => status !== 'DONE').map(({ id, status }) => `${id} is ${status}`);
  if (tasks.length === 0 || unfinished.length > 0)
    throw new Error(`the new project is not done: ${unfinished.join(', ')}`);
}

const steps = [
  { title: 'the program in dist/ is built from these sources', check: checkFresh },
  { title: 'npm packs it', check: pack },
  { title: 'the package holds what it should, and nothing else', check: checkFiles },
  { title: 'publint', check: runPublint },
  { title: 'attw', check: runAttw },
  { title: 'the packed files alone start a project', check: tryUnpacked },
  ...(offline ? [] : [{ title: 'npm installs it, and it starts a project', check: tryInstalled }]),
];

for (const { title, check } of steps) {
  const problems = await check();
  process.stdout.write(`${problems.length === 0 ? '✓' : '✗'} ${title}\n`);
  if (problems.length === 0) continue;
  process.stdout.write(problems.map((problem) => `  ${problem}\n`).join(''));
  process.exitCode = 1;
  break;
}

// First task of the release rehearsal: can this machine do the others? Looks at Node and at what `npm ci` installed; changes nothing.

import { readFileSync } from 'node:fs';

const { engines, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

/** What the later tasks call. */
const TOOLS = [
  'esbuild',
  'oxlint',
  '@biomejs/biome',
  'typescript',
  'vitest',
  'knip',
  'publint',
  '@arethetypeswrong/cli',
];

/** Each check gives what it found, or throws with what to do. */
const checks = [checkNode, checkNative, ...TOOLS.map((name) => () => checkTool(name))];

function checkNode() {
  const wanted = engines.node.replace('>=', '').split('.').map(Number);
  const have = process.versions.node.split('.').map(Number);
  const [major, minor] = [have[0] - wanted[0], have[1] - (wanted[1] ?? 0)];
  if (major < 0 || (major === 0 && minor < 0)) {
    throw new Error(
      `Node ${process.versions.node} is too old: it takes ${engines.node}. "npx orchestrate" brings its own.`,
    );
  }
  return `Node ${process.versions.node}`;
}

async function checkNative() {
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(':memory:');
  const { version } = database.prepare('SELECT sqlite_version() AS version').get();
  database.close();
  return `SQLite ${version} (better-sqlite3)`;
}

function checkTool(name) {
  if (devDependencies[name] === undefined) throw new Error(`${name} is not among the devDependencies of package.json`);
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  return `${name} ${version}`;
}

for (const check of checks) {
  try {
    process.stdout.write(`ok       ${await check()}\n`);
  } catch (error) {
    const advice = error.code === 'ENOENT' || error.code === 'ERR_MODULE_NOT_FOUND' ? ' (run "npm ci")' : '';
    process.stdout.write(`missing  ${error.message}${advice}\n`);
    process.exitCode = 1;
  }
}

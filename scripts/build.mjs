// Bundles src/ into dist/: our own code as three CommonJS files (scripts/parts.mjs), and each heavy package as a file of its own beside
// them. CommonJS with a compile cache starts faster than ES modules (docs/performance.md tells how it was measured).
//
//   node scripts/build.mjs [FOLDER]      FOLDER is where the result goes (default: dist)

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { filesOf } from './parts.mjs';
import { shapesModule } from './shapes.ts';

const folder = path.resolve(process.argv[2] ?? 'dist');
const isBuild = existsSync(path.join(folder, 'main.cjs'));
if (!isBuild && existsSync(folder) && readdirSync(folder).length > 0) {
  process.stderr.write(
    `build: ${folder} exists and is not a build: it is not replaced. Name another folder, or remove it.\n`,
  );
  process.exit(2);
}
// Built beside it and then moved, so that a program that runs from the folder finds its parts up to the last moment.
mkdirSync(path.dirname(folder), { recursive: true });
const fresh = mkdtempSync(`${folder}.new-`);
chmodSync(fresh, 0o755); // made for its owner alone, and an installed program is for everybody
process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Stands for the hash of the whole, which is not known before the whole is there. */
const BUILD = '<hash of build>!';

/** Native, so never bundled. */
const EXTERNAL = ['better-sqlite3', 'koffi'];
/** Small and needed by nearly every command: inside the main file. */
const INLINE = ['commander', 'zod'];

const common = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  logLevel: 'warning',
  legalComments: 'eof',
  external: EXTERNAL,
  // Our dynamic imports become `require`: Node's own `import()` finds no named exports in a bundled package.
  supported: { 'dynamic-import': false, 'regexp-unicode-property-escapes': true },
};

/** Only what our own code names is cut off; what an inlined package names belongs to it. */
const OURS = /[\\/]src[\\/][^\0]*\.ts$/;

/** `zod/mini` → `zod-mini`, so that each import path has one file. */
const fileOf = (name) => name.replace('@', '').replaceAll('/', '-');

/** @type {Map<string, string>} import path → file */
const used = new Map();
const vendorPlugin = {
  name: 'vendor',
  setup(builder) {
    builder.onResolve({ filter: /^[^./#]/ }, ({ path: wanted, kind, importer }) => {
      const isNamed = (name) => wanted === name || wanted.startsWith(`${name}/`);
      const isVendor =
        kind !== 'entry-point' &&
        OURS.test(importer) &&
        !wanted.startsWith('node:') &&
        ![...EXTERNAL, ...INLINE].some(isNamed);
      if (!isVendor) return undefined;
      used.set(wanted, fileOf(wanted));
      return { path: `./vendor/${fileOf(wanted)}.cjs`, external: true };
    });
  },
};

/**
 * commander loads child processes (and with them sockets) for commands that are programs of their own, and Unicode's tables for options
 * whose names are not of ASCII: ours are neither.
 */
const leaveOutPlugin = {
  name: 'leave-out',
  setup(builder) {
    builder.onResolve({ filter: /^node:child_process$/ }, ({ path: wanted, importer }) =>
      /node_modules\/commander\//.test(importer) ? { path: wanted, namespace: 'left-out' } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};' }));
    builder.onLoad({ filter: /[\\/]commander[\\/]lib[\\/]option\.js$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replaceAll(String.raw`\p{ID_Continue}`, String.raw`\w`),
    }));
  },
};

/** See src/runbook/fits.ts. */
const shapesPlugin = {
  name: 'shapes',
  setup(builder) {
    builder.onLoad({ filter: /src\/runbook\/fits\.ts$/ }, () => ({
      contents: shapesModule(),
      resolveDir: path.resolve('src/runbook'),
      loader: 'js',
    }));
  },
};

const { outputFiles, metafile } = await build({
  ...common,
  format: 'esm',
  supported: { ...common.supported, 'dynamic-import': true },
  splitting: true,
  write: false,
  metafile: true,
  entryPoints: ['src/main.ts'],
  chunkNames: '[name]-[hash]',
  outdir: fresh,
  define: { __VERSION__: JSON.stringify(version), __BUILD__: JSON.stringify(BUILD) },
  plugins: [leaveOutPlugin, shapesPlugin, vendorPlugin],
});
const files = await filesOf({ outputFiles, metafile, common });
/** A default import of an ES module must find the default export, as it would unbundled; named imports find the others beside it. */
const stub = (name) => `
  const all = require(${JSON.stringify(name)});
  const isFunction = all.__esModule && typeof all.default === 'function';
  module.exports = isFunction ? all.default : all;
  if (isFunction) for (const key of Object.keys(all)) if (!(key in all.default)) all.default[key] = all[key];
`;
await Promise.all(
  [...used].map(([name, file]) =>
    build({
      ...common,
      stdin: { contents: stub(name), resolveDir: process.cwd() },
      outfile: path.join(fresh, 'vendor', `${file}.cjs`),
    }),
  ),
);
for (const [name, text] of files) writeFileSync(path.join(fresh, name), text);
// bin/start.js keeps compiled code by it, and src/app.ts what was read of files: it must tell any two builds apart.
const hash = createHash('sha256');
const built = readdirSync(fresh, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.cjs'));
for (const name of built.toSorted((a, b) => (a < b ? -1 : 1)))
  hash.update(`${name}\n`).update(readFileSync(path.join(fresh, name)));
const name = hash.digest('hex').slice(0, 16);
for (const [file, text] of files) {
  const head = file === 'main.cjs' ? `// ${name}\n` : '';
  writeFileSync(path.join(fresh, file), head + text.replaceAll(BUILD, name));
}
rmSync(folder, { recursive: true, force: true });
renameSync(fresh, folder);

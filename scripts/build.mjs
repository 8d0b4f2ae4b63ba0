// Bundles src/ into dist/: our own code as one CommonJS file whose parts run when they are first imported, and each heavy package as a
// file of its own beside it. CommonJS with a compile cache starts faster than ES modules (docs/performance.md tells how it was measured).

import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Native, so never bundled. */
const EXTERNAL = ['better-sqlite3'];
/** Small and needed by nearly every command: inside the main file. */
const INLINE = ['commander', 'chalk', 'zod'];
const VENDOR = Object.keys(dependencies).filter((name) => !EXTERNAL.includes(name) && !INLINE.includes(name));

const common = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  logLevel: 'warning',
  legalComments: 'none',
  external: EXTERNAL,
};

/** `zod/mini` → `zod-mini`, so that each import path has one file. */
const fileOf = (name) => name.replace('@', '').replaceAll('/', '-');

/** @type {Map<string, string>} import path → file */
const used = new Map();
const vendorPlugin = {
  name: 'vendor',
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      const isVendor = kind !== 'entry-point' && VENDOR.some((name) => path === name || path.startsWith(`${name}/`));
      if (!isVendor) return undefined;
      used.set(path, fileOf(path));
      return { path: `./vendor/${fileOf(path)}.cjs`, external: true };
    });
  },
};

rmSync('dist', { recursive: true, force: true });
await build({
  ...common,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.cjs',
  define: { __VERSION__: JSON.stringify(version) },
  plugins: [vendorPlugin],
});
await Promise.all(
  [...used].map(([path, file]) =>
    build({ ...common, stdin: { contents: `module.exports = require(${JSON.stringify(path)})`, resolveDir: process.cwd() }, outfile: `dist/vendor/${file}.cjs` }),
  ),
);

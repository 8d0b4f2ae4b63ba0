// Puts the parts that esbuild splits our code into together as three files: what every start needs (main), what a look at a project
// needs besides (look), and the rest. Each file that is opened costs a start as much as some 20 kB of code; so does code that is not used.
//
// A run loads all three at its beginning: it goes on when a newer version is installed over it, as far as it needs no package in vendor/
// that it has not used yet.

import path from 'node:path';
import { transform } from 'esbuild';

/** What the commands load that people give all day; with all that these import. */
const LOOKS = [
  'src/commands/tree/read.ts',
  'src/commands/tree/run.ts',
  'src/commands/status.ts',
  'src/commands/next.ts',
  'src/run/reconcile.ts',
  'src/run/check.ts',
  'src/run/handlers/ai/check.ts',
  'src/run/receipts/glance.ts',
];

/**
 * What stands in the files: name → text.
 * @param {{ outputFiles: import('esbuild').OutputFile[], metafile: import('esbuild').Metafile, common: import('esbuild').BuildOptions }} made
 */
export async function filesOf({ outputFiles, metafile, common }) {
  const nameOf = (file) => path.basename(file, '.js');
  const outputs = new Map(Object.entries(metafile.outputs).map(([file, output]) => [nameOf(file), output]));
  const closureOf = (name, found = new Set()) => {
    if (found.has(name)) return found;
    found.add(name);
    const needed = outputs.get(name).imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
    for (const each of needed) closureOf(nameOf(each.path), found);
    return found;
  };
  const partOf = (source) => [...outputs].find(([, { entryPoint }]) => entryPoint === source)[0];
  const main = closureOf('main');
  const look = new Set(LOOKS.flatMap((source) => [...closureOf(partOf(source))]).filter((name) => !main.has(name)));
  const fileOf = (name) => (main.has(name) ? 'main' : look.has(name) ? 'look' : 'rest');

  const files = { main: '', look: '', rest: '' };
  for (const { path: file, text } of outputFiles) {
    const name = nameOf(file);
    files[fileOf(name)] +=
      `${JSON.stringify(name)}(module, exports) {\n${await asCommonJs(text, { outputs, common })}},\n`;
  }
  const places = Object.fromEntries(
    [...outputs.keys()].filter((name) => !main.has(name)).map((name) => [name, fileOf(name)]),
  );
  return [
    ['main.cjs', `${mainHead(places)}Object.assign(parts, {\n${files.main}});\nmodule.exports = __part("main");\n`],
    ['look.cjs', `"use strict";\nmodule.exports = (__part) => ({\n${files.look}});\n`],
    ['rest.cjs', `"use strict";\nmodule.exports = (__part) => ({\n${files.rest}});\n`],
  ];
}

/** As `require` works, with the parts for files; bin/start.js gives the `require` that is told of them. */
function mainHead(places) {
  return `"use strict";
const places = ${JSON.stringify(places)};
const parts = {};
const made = {};
function __part(name) {
  if (made[name] !== undefined) return made[name].exports;
  require.note(name, places[name]);
  if (parts[name] === undefined) Object.assign(parts, require(\`./\${places[name]}.cjs\`)(__part));
  const module = (made[name] = { exports: {} });
  parts[name](module, module.exports);
  return module.exports;
}
`;
}

async function asCommonJs(text, { outputs, common }) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: common.target,
    supported: common.supported,
    // Read at every start. Names stay, for the stack of a defect.
    minifyWhitespace: true,
    minifySyntax: true,
  });
  return code.replace(/\brequire\("\.\/([\w-]+)\.js"\)/g, (whole, name) =>
    outputs.has(name) ? `__part("${name}")` : whole,
  );
}

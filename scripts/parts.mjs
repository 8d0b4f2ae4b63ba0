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
    files[fileOf(name)] += `${JSON.stringify(name)}() {\n${asPart(text, outputs.get(name))}},\n`;
  }
  const places = Object.fromEntries(
    [...outputs.keys()].filter((name) => !main.has(name)).map((name) => [name, fileOf(name)]),
  );
  const texts = {
    main: `${mainHead(places)}Object.assign(parts, {\n${files.main}});\nmodule.exports = __part("main");\n`,
    look: `"use strict";\nmodule.exports = (__part, __import) => ({\n${files.look}});\n`,
    rest: `"use strict";\nmodule.exports = (__part, __import) => ({\n${files.rest}});\n`,
  };
  return Promise.all(Object.entries(texts).map(async ([name, text]) => [`${name}.cjs`, await smaller(text, common)]));
}

/** As `require` and `import()` work, with the parts for files; bin/start.js gives the `require` that is told of them. */
function mainHead(places) {
  return `"use strict";
const places = ${JSON.stringify(places)};
const parts = {};
const made = {};
function __part(name) {
  if (made[name] !== undefined) return made[name];
  require.note(name, places[name]);
  if (parts[name] === undefined) Object.assign(parts, require(\`./\${places[name]}.cjs\`)(__part, __import));
  return (made[name] = parts[name]());
}
async function __import(name) {
  if (places[name] !== undefined) return __part(name);
  const found = require(name);
  return found.__esModule ? found : { ...found, default: found };
}
`;
}

/**
 * One of esbuild's parts as the inside of a function that gives what it exports. Others take that over into variables of their own,
 * which a function reaches faster than a property behind a getter, as esbuild would have it for parts that import each other in a circle;
 * ours do not, and give nothing that they export another value later.
 */
function asPart(text, { imports }) {
  let statements = 0;
  const wanted = imports.filter(({ kind }) => kind === 'import-statement').length;
  const body = text
    .replace(/^import (?:([\w$]+) from |\{([^}]*)\} from )?"([^"]+)";$/gm, (_, whole, names, file) => {
      statements += 1;
      const value = callFor(file);
      if (whole !== undefined) return `var ${whole} = ${value};`;
      return names === undefined ? `${value};` : `var {${names.replaceAll(' as ', ': ')}} = ${value};`;
    })
    .replace(/^export \{([^}]*)\};$/gm, (_, names) => `return {${names.replace(/([\w$]+) as ([\w$]+)/g, '$2: $1')}};`)
    .replace(/\bimport\("([^"]+)"\)/g, (_, file) => `__import("${partIn(file) ?? file}")`);
  if (statements !== wanted || /^(?:import|export)\b/m.test(body))
    throw new Error('an import of a form that is not known');
  return body;
}

function callFor(file) {
  const part = partIn(file);
  return part === undefined ? `require("${file}")` : `__part("${part}")`;
}

function partIn(file) {
  return /^\.\/([\w-]+)\.js$/.exec(file)?.[1];
}

async function smaller(text, { target, supported }) {
  // Read at every start. Names stay, for the stack of a defect.
  const { code } = await transform(text, { target, supported, minifyWhitespace: true, minifySyntax: true });
  // What esbuild leaves in regular expressions: with a single character beyond ASCII, the whole file takes twice the memory.
  return code.replace(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

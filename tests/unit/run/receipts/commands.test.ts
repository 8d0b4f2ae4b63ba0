// Which files a command line runs, by a table.
import { expect, test } from 'vitest';
import { commandFiles } from '../../../../src/run/receipts/commands.ts';

test.each<[line: string, files: string[]]>([
  ['scripts/build.sh --fast', ['scripts/build.sh']],
  ['./build.sh', ['./build.sh']],
  ['sh scripts/build.sh', ['scripts/build.sh']],
  ['node --no-warnings tools/gen.mjs in.txt', ['tools/gen.mjs']],
  ['python3.12 -u tools/gen.py', ['tools/gen.py']],
  ['npx tsx tools/gen.ts', ['tools/gen.ts']],
  ['. ./env.sh && make', ['./env.sh']],
  ['bash -eu scripts/a.sh', ['scripts/a.sh']],
  ['sh -c "scripts/a.sh"', []],
  ['node -e "1" x.js', []],
  ['CC=gcc A=b scripts/a.sh; cd sub && "scripts/b c.sh" | tee log', ['scripts/a.sh', 'sub/scripts/b c.sh']],
  ['cd tools && node gen.js && (cd /opt; ./x); ./y', ['tools/gen.js', '/opt/./x', 'tools/./y']],
  ['cd "$DIR" && ./x; cd - && ./y', []],
  ['if test -f x; then scripts/a.sh; else scripts/b.sh; fi', ['scripts/a.sh', 'scripts/b.sh']],
  ['# scripts/no.sh\nscripts/yes.sh', ['scripts/yes.sh']],
  ['sh \\\n  scripts/a.sh', ['scripts/a.sh']],
  ['scripts/"a"b.sh', ['scripts/ab.sh']],
  // What is read or written is not run: nobody can tell which.
  ['cp data/a.txt data/b.txt > out/log', []],
  ['make build', []],
  ['./venv/bin/python tools/x.py', ['./venv/bin/python', 'tools/x.py']],
  ['', []],
  ['"unclosed scripts/a.sh', []],
])('%j runs %j', (line, files) => {
  expect(commandFiles(line)).toEqual(files);
});

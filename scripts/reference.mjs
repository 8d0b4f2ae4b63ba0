// Writes docs/commands.md from the program's own help; with --check, says whether it is up to date.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'docs/commands.md';
const env = { ...process.env, NO_COLOR: '1', COLUMNS: '100', FORCE_COLOR: '' };
const help = (...args) =>
  execFileSync(process.execPath, ['bin/orchestrate.js', ...args, '--help'], { encoding: 'utf8', env }).trimEnd();

/** The part of a command's help that is its own: the global options are told once, at the top. */
const own = (text) => text.replace(/\n\nGlobal Options:[\s\S]*?(?=\n\n|$)/, '');

const top = help();
const list = top.slice(top.indexOf('Commands:'), top.indexOf('Examples:'));
const names = [...list.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]).filter((name) => name !== 'help');
/** A command's help, then that of its own commands. */
function sectionsOf(heading, path) {
  const text = own(help(...path));
  const at = text.indexOf('\nCommands:\n');
  const below =
    at < 0
      ? []
      : [
          ...text
            .slice(at + 11)
            .split('\n\n')[0]
            .matchAll(/^ {2}([a-z][a-z-]*) /gm),
        ].map((match) => match[1]);
  const section = `${heading} ${path.join(' ')}\n\n\`\`\`\n${text}\n\`\`\`\n`;
  return [
    section,
    ...below.filter((name) => name !== 'help').flatMap((name) => sectionsOf(`${heading}#`, [...path, name])),
  ];
}
const sections = names.flatMap((name) => sectionsOf('##', [name]));
const page = `# Commands\n\nMade from the program's own help by \`npm run docs\`. In a checkout write \`npx orchestrate\`.\n\n\`\`\`\n${top}\n\`\`\`\n\n${sections.join('\n')}`;

if (!process.argv.includes('--check')) writeFileSync(FILE, page);
else if (readFileSync(FILE, 'utf8') !== page) {
  process.stderr.write(`${FILE} is out of date: run "npm run docs"\n`);
  process.exitCode = 1;
}

// Which files a command line runs: the command itself and the file that an interpreter is given. Pure; guesses nothing about data files.

/** They run the first file that they are given. */
const INTERPRETERS =
  /^(?:sh|bash|zsh|dash|ksh|fish|source|\.|node|deno|bun|tsx|python[\d.]*|ruby|perl|php|lua|Rscript|osascript|pwsh)$/;
/** Of those: what an option `-c` is followed by is the script itself. */
const SHELLS = /^(?:sh|bash|zsh|dash|ksh|fish)$/;
/** They run what follows them. */
const PREFIXES = /^(?:env|exec|command|nohup|time|nice|sudo|xargs|npx)$/;
/** Words between which another command begins. */
const SEPARATORS = /^(?:;|;;|&|&&|\||\|\||\(|\)|\{|\}|\n|then|do|else|if|while|until|!)$/;

/** Words that may be paths of files which are run, in their order; whether there is such a file is not known here. */
export function commandFiles(line: string): string[] {
  const found: string[] = [];
  const outer: (string | undefined)[] = [];
  let rest: string[] = [];
  let folder: string | undefined = '';
  for (const word of [...wordsOf(line), ';']) {
    if (!SEPARATORS.test(word)) {
      rest.push(word);
      continue;
    }
    if (rest[0] === 'cd') folder = changed(folder, rest);
    else if (folder !== undefined) found.push(...filesOf(rest).map((file) => inFolder(folder ?? '', file)));
    rest = [];
    if (word === '(') outer.push(folder);
    if (word === ')' && outer.length > 0) folder = outer.pop();
  }
  return [...new Set(found)];
}

/** Undefined where nobody can tell which folder it is. */
function changed(folder: string | undefined, [, to, more]: readonly string[]): string | undefined {
  if (to === undefined || more !== undefined || /^[-~]|[$`*?]/.test(to)) return undefined;
  if (to.startsWith('/')) return to;
  return folder === undefined ? undefined : inFolder(folder, to);
}

function inFolder(folder: string, file: string): string {
  return folder === '' || file.startsWith('/') ? file : `${folder}/${file}`;
}

/** Of one command without a shell. A bare name is looked for where programs are, not in the project. */
export function filesOf(words: readonly string[]): string[] {
  const begin = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word) && !PREFIXES.test(word) && !isOption(word));
  const command = words[begin];
  if (command === undefined) return [];
  const own = command.includes('/') ? [command] : [];
  const name = command.slice(command.lastIndexOf('/') + 1);
  if (!INTERPRETERS.test(name)) return own;
  const rest = words.slice(begin + 1);
  const first = rest.findIndex((word) => word !== 'run' && !isOption(word));
  const options = first === -1 ? rest : rest.slice(0, first);
  const text = SHELLS.test(name) ? /^-\w*c$/ : /^(?:-\w*[cep]|--eval|--print)$/;
  const file = rest[first];
  return file === undefined || options.some((option) => text.test(option)) ? own : [...own, file];
}

function isOption(word: string): boolean {
  return word.startsWith('-');
}

/** Words as a shell takes a line apart, quotes gone; enough to find names, not to run it. */
function wordsOf(line: string): string[] {
  const pattern = /#[^\n]*|"((?:[^"\\]|\\.)*)"|'([^']*)'|(&&|\|\||;;|[;&|(){}\n])|((?:[^\s;&|(){}"'\\]|\\.)+)|\s/gs;
  const words: string[] = [];
  let joined = false;
  for (const [, double, single, separator, plain] of line.replaceAll('\\\n', ' ').matchAll(pattern)) {
    const text = double ?? single ?? plain;
    if (separator !== undefined) words.push(separator);
    if (text !== undefined) words.push(joined ? (words.pop() ?? '') + text : text);
    joined = text !== undefined;
  }
  return words;
}

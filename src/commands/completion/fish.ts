// The completion script for fish. Text only.

import { allNodes, type Flag, type Node, token } from './tree.ts';

export function fishScript(tree: Node): string {
  const nodes = allNodes(tree);
  const name = tree.name;
  return `# fish completion for ${name}, made by "${name} completion fish".
# What was typed is compared with words and never evaluated.

# What the option needs behind it, and "many" where it takes several.
function __${name}_option
    switch "$argv[1]"
${nodes.flatMap(({ path, flags }) => flags.flatMap((flag) => optionCase(path, flag))).join('\n')}
    end
end

# The command that is typed, how many arguments it has, what its last option still needs, and the folder of -C: one a line.
function __${name}_state
    set -l words (commandline -opc)
    set -l at ${name}
    set -l place 0
    set -l want ''
    set -l many ''
    set -l option ''
    set -l dir ''
    set -l first ''
    for word in $words[2..-1]
        switch $word
            case '-*=*'
                set want ''
                continue
            case '-?*'
                set option $word
                set -l needs (__${name}_option "$at $word")
                set want "$needs[1]"
                set many "$needs[2]"
                continue
        end
        if test -n "$want"
            test "$option" = -C; and set dir (string replace -r '^~/' "$HOME/" -- $word)
            test -n "$many"; or set want ''
            continue
        end
        switch "$at $word"
${
  nodes.length > 1
    ? `            case ${nodes
        .slice(1)
        .map(({ path }) => fishQuoted(path))
        .join(' ')}\n                set at "$at $word"\n                set place 0`
    : ''
}
            case '*'
                test $place = 0; and set first $word
                set place (math $place + 1)
        end
    end
    set -l cur (commandline -ct)
    if string match -q -- '-*=*' "$cur"
        set want (__${name}_option "$at "(string replace -r '=.*' '' -- "$cur"))[1]
    end
    printf '%s\\n' $at $place "$want" "$dir" "$first"
end

function __${name}_offer
    switch "$argv[1]"
        case @text @files ''
        case @folders
            __fish_complete_directories (commandline -ct | string replace -r '^-[^=]*=' '')
        case @tasks @quickies
            if test -n "$argv[2]"
                command ${name} -C $argv[2] complete-words (string sub -s 2 -- $argv[1]) 2>/dev/null
            else
                command ${name} complete-words (string sub -s 2 -- $argv[1]) 2>/dev/null
            end
        case @inputs
            if test -n "$argv[2]"
                command ${name} -C $argv[2] complete-words inputs -- "$argv[3]" 2>/dev/null
            else
                command ${name} complete-words inputs -- "$argv[3]" 2>/dev/null
            end
        case '*'
            string split ' ' -- $argv[1]
    end
end

function __${name}_complete
    set -l state (__${name}_state)
    set -l cur (commandline -ct)
    if string match -q -- '-*=*' "$cur"
        set -l beginning (string match -r '^[^=]*=' -- "$cur")
        for word in (__${name}_offer "$state[3]" "$state[4]" "$state[5]")
            printf '%s\\n' $beginning$word
        end
        return
    end
    if string match -q -- '-*' "$cur"
        switch $state[1]
${nodes.map(flagCase).join('\n')}
        end
        return
    end
    if test -n "$state[3]"
        __${name}_offer $state[3] "$state[4]" "$state[5]"
        return
    end
    switch "$state[1] $state[2]"
${nodes.flatMap((node) => placeCases(node, name)).join('\n')}
    end
end

# True where a file may be named.
function __${name}_wants_file
    set -l state (__${name}_state)
    test "$state[3]" = @files
end

complete -c ${name} -f -a '(__${name}_complete)'
complete -c ${name} -n __${name}_wants_file -F
`;
}

function optionCase(path: string, { names, takes }: Flag): string[] {
  if (takes === undefined) return [];
  const words = [token(takes.values), ...(takes.many ? ['many'] : [])];
  return [
    `        case ${names.map((name) => fishQuoted(`${path} ${name}`)).join(' ')}`,
    `            printf '%s\\n' ${words.map(fishQuoted).join(' ')}`,
  ];
}

function flagCase({ path, flags }: Node): string {
  const lines = flags.flatMap(({ names, description }) => names.map((name) => fishQuoted(`${name}\t${description}`)));
  return `            case ${fishQuoted(path)}\n                printf '%s\\n' ${lines.join(' ')}`;
}

function placeCases({ path, places, children }: Node, name: string): string[] {
  const commands = children.map((child) => fishQuoted(`${child.name}\t${child.summary}`));
  return [
    ...(children.length > 0
      ? [`        case ${fishQuoted(`${path} 0`)}`, `            printf '%s\\n' ${commands.join(' ')}`]
      : []),
    ...places.flatMap(({ values, many }, index) => [
      `        case ${fishQuoted(`${path} ${many ? '*' : index}`)}`,
      `            __${name}_offer ${fishQuoted(token(values))} "$state[4]"`,
    ]),
  ];
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}

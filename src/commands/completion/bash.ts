// The completion script for bash, also for the version 3.2 of macOS. Text only.

import { allNodes, type Flag, type Node, quoted, token } from './tree.ts';

export function bashScript(tree: Node): string {
  const nodes = allNodes(tree);
  const name = tree.name;
  return `# bash completion for ${name}, made by "${name} completion bash".
# What was typed is compared with words and never evaluated.

# Sets "want" to what the option needs behind it, and "many" where it takes several.
_${name}_option() {
  want= many= option=$2
  case "$1 $2" in
${optionCases(nodes)}
  esac
}

# Puts what begins with "cur" into COMPREPLY.
_${name}_offer() {
  local word
  case $1 in
    @text | '') ;;
    @files) compopt -o default 2>/dev/null || _${name}_paths -f ;;
    @folders) compopt -o dirnames 2>/dev/null || _${name}_paths -d ;;
    @tasks | @quickies)
      while IFS= read -r word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
      done < <(command ${name} \${dir:+-C "$dir"} complete-words "\${1#@}" 2>/dev/null)
      ;;
    @inputs)
      compopt -o nospace 2>/dev/null
      while IFS= read -r word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
      done < <(command ${name} \${dir:+-C "$dir"} complete-words inputs -- "$first" 2>/dev/null)
      ;;
    *)
      for word in $1; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
      done
      ;;
  esac
}

_${name}_paths() {
  local word
  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done < <(compgen "$1" -- "$cur")
}

_${name}() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} at=${name} place=0 first= want= many= option= dir= word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      =) continue ;; # bash takes --option=value for three words
      -?*)
        _${name}_option "$at" "$word"
        continue
        ;;
    esac
    if [[ -n $want ]]; then
      if [[ $option == -C ]]; then
        word=\${word//[\\\\\\"\\']/}
        case $word in
          '~/'*) dir=$HOME/\${word:2} ;;
          *) dir=$word ;;
        esac
      fi
      [[ -n $many ]] || want=
      continue
    fi
    case "$at $word" in
${commandCases(nodes)}
      *)
        ((place == 0)) && first=$word
        place=$((place + 1))
        ;;
    esac
  done
  [[ $cur == '=' ]] && cur=
  if [[ $cur == -* ]]; then
    case $at in
${flagCases(nodes)}
    esac
  elif [[ -n $want ]]; then
    _${name}_offer "$want"
  else
    case "$at $place" in
${placeCases(nodes)}
    esac
  fi
}

complete -F _${name} ${name}
`;
}

function optionCases(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, flags }) => flags.flatMap((flag) => optionCase(path, flag)));
  return lines.join('\n');
}

function optionCase(path: string, { names, takes }: Flag): string[] {
  if (takes === undefined) return [];
  const patterns = names.map((name) => quoted(`${path} ${name}`)).join(' | ');
  return [`    ${patterns}) want=${quoted(token(takes.values))}${takes.many ? ' many=1' : ''} ;;`];
}

function commandCases(nodes: readonly Node[]): string {
  const patterns = nodes.slice(1).map(({ path }) => quoted(path));
  return patterns.length === 0 ? '' : `      ${patterns.join(' | ')}) at="$at $word" place=0 ;;`;
}

function flagCases(nodes: readonly Node[]): string {
  return nodes
    .map(
      ({ path, flags }) => `      ${quoted(path)}) ${offer(nodes, flags.flatMap(({ names }) => names).join(' '))} ;;`,
    )
    .join('\n');
}

function placeCases(nodes: readonly Node[]): string {
  return nodes
    .flatMap(({ path, places, children }) => [
      ...(children.length > 0
        ? [`      ${quoted(`${path} 0`)}) ${offer(nodes, children.map(({ name }) => name).join(' '))} ;;`]
        : []),
      ...places.map(
        ({ values, many }, index) =>
          `      ${many ? `${quoted(`${path} `)}*` : quoted(`${path} ${index}`)}) ${offer(nodes, token(values))} ;;`,
      ),
    ])
    .join('\n');
}

function offer([root]: readonly Node[], what: string): string {
  return `_${root?.name}_offer ${quoted(what)}`;
}

// The completion script for zsh. Text only.

import { allNodes, type Flag, type Node, quoted, token } from './tree.ts';

export function zshScript(tree: Node): string {
  const nodes = allNodes(tree);
  const name = tree.name;
  return `#compdef ${name}
# zsh completion for ${name}, made by "${name} completion zsh".
# What was typed is compared with words and never evaluated.

# Sets "want" to what the option needs behind it, and "many" where it takes several.
_${name}_option() {
  want= many= option=$2
  case "$1 $2" in
${nodes.flatMap(({ path, flags }) => flags.flatMap((flag) => optionCase(path, flag))).join('\n')}
  esac
}

_${name}_offer() {
  local -a found
  case $1 in
    @text | '') _message 'text' ;;
    @files) _files ;;
    @folders) _files -/ ;;
    @tasks | @quickies)
      found=(\${(f)"$(command ${name} \${dir:+-C} \${dir:+"$dir"} complete-words "\${1#@}" 2>/dev/null)"})
      compadd -- "\${found[@]}"
      ;;
    @inputs)
      found=(\${(f)"$(command ${name} \${dir:+-C} \${dir:+"$dir"} complete-words inputs -- "$first" 2>/dev/null)"})
      compadd -S '' -- "\${found[@]}"
      ;;
    *)
      found=(\${=1})
      compadd -- "\${found[@]}"
      ;;
  esac
}

_${name}() {
  local cur=\${words[CURRENT]} at=${name} first= want= many= option= dir= word
  local -i place=0 i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    case $word in
      -*=*)
        want=
        continue
        ;;
      -?*)
        _${name}_option "$at" "$word"
        continue
        ;;
    esac
    if [[ -n $want ]]; then
      # (Q) takes quotes away; the tilde is the only thing that is written out.
      [[ $option == -C ]] && dir=\${\${(Q)word}/#\\~\\//$HOME/}
      [[ -n $many ]] || want=
      continue
    fi
    case "$at $word" in
${
  nodes.length > 1
    ? `      ${nodes
        .slice(1)
        .map(({ path }) => quoted(path))
        .join(' | ')}) at="$at $word" place=0 ;;`
    : ''
}
      *)
        ((place == 0)) && first=$word
        place+=1
        ;;
    esac
  done
  if [[ $cur == -*=* ]]; then
    _${name}_option "$at" "\${cur%%=*}"
    compset -P '*='
    _${name}_offer "$want"
  elif [[ $cur == -* ]]; then
    case $at in
${nodes.map((node) => `      ${quoted(node.path)}) ${described(node.flags.flatMap(flagLines), '-o option')} ;;`).join('\n')}
    esac
  elif [[ -n $want ]]; then
    _${name}_offer "$want"
  else
    case "$at $place" in
${nodes.flatMap((node) => placeLines(node, name)).join('\n')}
    esac
  fi
}

# Found by compinit in a folder of fpath, or read by "source".
if [[ \${funcstack[1]} == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function optionCase(path: string, { names, takes }: Flag): string[] {
  if (takes === undefined) return [];
  const patterns = names.map((name) => quoted(`${path} ${name}`)).join(' | ');
  return [`    ${patterns}) want=${quoted(token(takes.values))}${takes.many ? ' many=1' : ''} ;;`];
}

function flagLines({ names, description }: Flag): string[] {
  return names.map((name) => `${name}:${description}`);
}

function placeLines({ path, places, children }: Node, name: string): string[] {
  const commands = children.map((child) => `${child.name}:${child.summary}`);
  return [
    ...(children.length > 0 ? [`      ${quoted(`${path} 0`)}) ${described(commands, 'command')} ;;`] : []),
    ...places.map(
      ({ values, many }, index) =>
        `      ${many ? `${quoted(`${path} `)}*` : quoted(`${path} ${index}`)}) _${name}_offer ${quoted(token(values))} ;;`,
    ),
  ];
}

/** `name:description` each; a description may hold anything. */
function described(lines: readonly string[], as: string): string {
  return `found=(${lines.map(quoted).join(' ')}) && _describe ${as} found`;
}

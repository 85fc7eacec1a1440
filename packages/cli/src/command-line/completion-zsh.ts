import { shellQuote } from '../shell-quote.ts';
import type { CommandSpec } from './command.ts';
import { type CompletedCommand, type CompletedOption, completedCommands, firstWords, secondWords } from './completion-words.ts';

/** The completion for zsh: `source <(evertoken completion zsh)`, or a file `_evertoken` in a folder of `fpath`. */
export function zshCompletion(specs: readonly CommandSpec[]): string {
  const commands = completedCommands(specs);
  const describe = (word: string): string =>
    shellQuote(`${word}:${commands.find(({ name }) => name === word)?.description ?? `commands on ${word}`}`);
  const groups = [...secondWords(specs)].map(
    ([first, words]) => `    ${first}) (( CURRENT == 3 )) && { compadd -- ${words.join(' ')}; return }; command="$command $words[3]" ;;`,
  );
  return `#compdef evertoken
# zsh completion of evertoken
_evertoken() {
  local -a commands=(
${firstWords(specs)
  .map((word) => `    ${describe(word)}`)
  .join('\n')}
  )
  while (( CURRENT > 2 )); do
    case $words[2] in
    --home)
      (( CURRENT == 3 )) && { _files -/; return }
      words=("$words[1]" "\${(@)words[4,-1]}")
      (( CURRENT -= 2 )) ;;
    --home=*)
      words=("$words[1]" "\${(@)words[3,-1]}")
      (( CURRENT -= 1 )) ;;
    *) break ;;
    esac
  done
  (( CURRENT == 2 )) && { _describe command commands; return }
  local command=$words[2]
  case $command in
${groups.join('\n')}
  esac
  local -i name=\${#\${(z)command}}
  words=("\${(@)words[1]}" "\${(@)words[2 + name,-1]}")
  (( CURRENT -= name ))
  case $command in
${commands.map(caseOf).join('\n')}
  esac
}
(( $+functions[compdef] )) && compdef _evertoken evertoken
`;
}

function caseOf({ name, options, words, hasRest }: CompletedCommand): string {
  const specs = options.map((option) => `      ${specOf(option)}`);
  const rest = hasRest ? `      '*::program:_normal'` : `      '*:argument:${words.length === 0 ? ' ' : `(${words.join(' ')})`}'`;
  return `    ${shellQuote(name)}) _arguments \\\n${[...specs, rest].join(' \\\n')} ;;`;
}

function specOf({ long, short, description, value }: CompletedOption): string {
  const told = description.replaceAll(/[[\]:\\]/g, '\\$&');
  const action =
    value === undefined
      ? ''
      : value.kind === 'choices'
        ? `:value:(${value.choices.join(' ')})`
        : { file: ':file:_files', folder: ':folder:_files -/', any: ':value: ' }[value.kind];
  const names = short === undefined ? [`--${long}`] : [`-${short}`, `--${long}`];
  return names.map((name) => shellQuote(`*${name}[${told}]${action}`)).join(' ');
}

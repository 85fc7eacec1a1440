import type { CommandSpec } from './command.ts';
import { type CompletedCommand, type CompletedOption, completedCommands, firstWords, secondWords } from './completion-words.ts';

/** The completion for bash 4 and later: `source <(evertoken completion bash)`. */
export function bashCompletion(specs: readonly CommandSpec[]): string {
  const groups = [...secondWords(specs)].map(
    ([first, words]) =>
      `    ${first}) [[ $cword -eq 2 ]] && { _evertoken_words '${words.join(' ')}'; return; }; command="$command \${words[2]}" ;;`,
  );
  return `# bash completion of evertoken
_evertoken_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }

_evertoken() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} cword=$COMP_CWORD word
  local -a words=("\${COMP_WORDS[@]}")
  COMPREPLY=()
  while [[ $cword -gt 1 && \${words[1]} == --home ]]; do
    # bash makes three words of --home=FOLDER.
    local -i value=2
    [[ \${words[2]} == = ]] && value=3
    [[ $cword -le $value ]] && { COMPREPLY=($(compgen -d -- "\${cur#=}")); return; }
    words=("\${words[0]}" "\${words[@]:value+1}") cword=$((cword - value))
  done
  [[ $cword -eq 1 ]] && { _evertoken_words '${firstWords(specs).join(' ')} --help --version --home'; return; }
  local command=\${words[1]}
  case $command in
${groups.join('\n')}
  esac
  case $command in
${completedCommands(specs).map(caseOf).join('\n')}
  esac
}
complete -F _evertoken evertoken
`;
}

function caseOf(command: CompletedCommand): string {
  const values = command.options.filter((option) => option.value !== undefined).map(valueCase);
  const options = [...command.options.map(({ long }) => `--${long}`), '--help'].join(' ');
  // After `--` comes a program, which bash completes by itself.
  const rest = command.hasRest
    ? `      for word in "\${words[@]:2:cword-2}"; do [[ $word == -- ]] && { COMPREPLY=($(compgen -cf -- "$cur")); return; }; done\n`
    : '';
  return `    '${command.name}')
${rest}      case $prev in
${values.join('\n')}
      esac
      _evertoken_words '${[...command.words, options].join(' ')}' ;;`;
}

function valueCase({ long, short, value }: CompletedOption): string {
  const pattern = [...(short === undefined ? [] : [`-${short}`]), `--${long}`].join('|');
  if (value?.kind === 'choices') return `        ${pattern}) _evertoken_words '${value.choices.join(' ')}'; return ;;`;
  if (value?.kind === 'file') return `        ${pattern}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`;
  if (value?.kind === 'folder') return `        ${pattern}) COMPREPLY=($(compgen -d -- "$cur")); return ;;`;
  return `        ${pattern}) return ;;`;
}

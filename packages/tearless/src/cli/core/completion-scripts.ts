// What a shell sources so that Tab asks `tearless complete`. File names stay the shell's own business.

const bash = `# tearless completion for bash: eval "$(tearless completion bash)"
_tearless() {
  local IFS=$'\\n' line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    [ -n "$line" ] && COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")); fi
}
COMP_WORDBREAKS=\${COMP_WORDBREAKS//=/}
complete -o filenames -F _tearless tearless
`;

const zsh = `#compdef tearless
# tearless completion for zsh: eval "$(tearless completion zsh)"
_tearless() {
  local -a candidates
  local value about
  while IFS=$'\\t' read -r value about; do
    [[ -n $value ]] && candidates+=("\${value//:/\\\\:}:$about")
  done < <("\${words[1]}" complete -- "\${(@)words[2,$CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then _describe tearless candidates; else _files; fi
}
compdef _tearless tearless
`;

const fish = `# tearless completion for fish: tearless completion fish | source
function __tearless_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] complete -- $words[2..-1] 2>/dev/null
end
complete -c tearless -a '(__tearless_complete)'
`;

export const completionScripts: Readonly<Record<string, string>> = { bash, zsh, fish };

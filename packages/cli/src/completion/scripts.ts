/** What shells source to complete the command: they ask it, `flowmodel complete -- word …`, and show what it answers. */
export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

export const script = (shell: Shell): string => (shell === 'bash' ? BASH : ZSH);

/**
 * Readline breaks words at `=` and `:`, which belong to words here, so they are put together again, and what stands before the last break is
 * taken off the answers. Without an answer bash completes files.
 */
const BASH = `# flowmodel completion bash
_flowmodel() {
  local line="\${COMP_LINE:0:COMP_POINT}" reply current
  local -a words
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  current="\${words[-1]}"
  reply="$("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)"
  COMPREPLY=()
  local value rest
  while IFS=$'\\t' read -r value rest; do
    [[ -n "$value" ]] && COMPREPLY+=("$value")
  done <<< "$reply"
  if [[ "$current" == *[=:]* ]]; then
    local kept="\${current%"\${current##*[=:]}"}" i
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]="\${COMPREPLY[i]#"$kept"}"; done
  fi
  [[ "\${COMPREPLY[0]:-}" == *[=#] ]] && compopt -o nospace
  return 0
}
complete -o default -F _flowmodel flowmodel
`;

const ZSH = `#compdef flowmodel
# flowmodel completion zsh
_flowmodel() {
  local -a answers values
  local value rest
  answers=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for answer in $answers; do
    value="\${answer%%$'\\t'*}"
    rest="\${answer#*$'\\t'}"
    [[ -z "$value" ]] && continue
    values+=("\${value//:/\\\\:}:$rest")
  done
  if (( \${#values} )); then
    _describe 'flowmodel' values -S ''
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _flowmodel ]]; then
  _flowmodel "$@"
else
  (( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit -u }
  compdef _flowmodel flowmodel
fi
`;

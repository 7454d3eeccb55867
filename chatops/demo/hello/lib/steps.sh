# Read by every command in bin/: where things are, and how a step is told.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
pace=${HELLO_PACE:-0.3}
state=${HELLO_STATE:-$HOME/.hello}
cd "$root"

pause() {
  case $pace in 0) ;; *) sleep "$pace" 2>/dev/null || sleep 1;; esac
}

step() {
  printf '%s\n' "$*"
  pause
}

paint() {       # paint COLOUR TEXT...
  colour=$1
  shift
  step "$(printf '\033[%sm%s\033[0m' "$colour" "$*")"
}

fail() {
  printf '\033[31mFAILED\033[0m %s\n' "$*" >&2
  exit 1
}

revision() {
  if [ -r REVISION ]; then
    read -r line <REVISION || [ "$line" ]
    printf '%s' "$line"
  else
    printf unknown
  fi
}

#!/usr/bin/env bash
# Measures this machine: installs what is missing, builds, runs every standard case, writes a report
# and says where both are. Arguments go to `motley run`, for example --tier smoke, --on cpu, --filter flops.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/setup.sh"

# given NAME ARGUMENT...: whether --NAME is among the arguments.
given() {
  local name=$1 argument
  shift
  for argument in "$@"; do
    case "$argument" in "--$name" | "--$name="*) return 0 ;; esac
  done
  return 1
}

setup
build release motley || stop "the build failed (nothing was measured). Read the compiler's message above."

arguments=("$@")
file=
given tier "$@" || arguments=(--tier standard "${arguments[@]}")
if ! given out "$@" && ! given resume "$@" && ! given dry-run "$@" && ! given help "$@"; then
  mkdir -p "$root/results"
  file=$root/results/$(date -u +%Y%m%dT%H%M%SZ).jsonl
  arguments=(--out "$file" "${arguments[@]}")
fi

status=0
"$root/build/release/harness/cli/motley" run "${arguments[@]}" || status=$?
if [ -n "$file" ] && [ -f "$file" ]; then
  echo "Results: $file"
  "$root/build/release/harness/cli/motley" report "$file" --out "${file%.jsonl}" >/dev/null &&
    echo "Report:  ${file%.jsonl}/report.html"
fi
exit "$status"

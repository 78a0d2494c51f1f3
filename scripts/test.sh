#!/usr/bin/env bash
# Do all tests pass? Installs what is missing, builds Release and the sanitizers' build, runs both.
#   --quick   Release only
#   --whole   harness, devices, kernels and the program under sanitizers too: twice the time
#   --tsan    also the thread sanitizer, on the harness (its preset knows the devices' tests too)
# Ends with one line that says what passed; exit code 0 only then.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/setup.sh"

presets=(release asan)
whole=false
for argument in "$@"; do
  case "$argument" in
    --quick) presets=(release) ;;
    --whole) whole=true ;;
    --tsan) presets+=(tsan) ;;
    *) stop "unknown argument $argument (it would be ignored). Known: --quick, --whole, --tsan" ;;
  esac
done

setup
# A test fuzzes the reader with libFuzzer (45 MB to download); any other Clang will do.
if command -v apt-get >/dev/null && ! command -v clang++ clang++-{14..18} >/dev/null; then
  get_optional clang-14 libclang-rt-14-dev
fi
passed=()
for preset in "${presets[@]}"; do
  targets=(all)
  tests=()
  if [ "$preset" = tsan ]; then
    targets=(harness_test)
    tests=(-R '^harness/')
  fi
  # What reads files of others; the rest would take as long again.
  if [ "$preset" = asan ] && ! $whole; then
    targets=({results_schema,analysis}_test)
    tests=(-R '^(results_schema|analysis)/')
  fi
  build "$preset" "${targets[@]}" || stop "the $preset build failed. Read the compiler's message above."
  (cd "$root" && ctest --preset "$preset" -j "$(nproc)" "${tests[@]}") || stop "tests failed in the $preset build"
  passed+=("$preset")
done
echo "All tests passed: ${passed[*]}"

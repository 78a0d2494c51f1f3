#!/usr/bin/env bash
# Does any OpenCL kernel touch what is not its own? Runs every OpenCL case that probes the device
# once, with the smallest parameters, and every operator in each implementation on its examples, on
# oclgrind's simulated device, which checks each access, and fails on any report. Takes a quarter of
# an hour or more on two cores. Arguments go to `motley run` instead, for example --filter bandwidth.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/setup.sh"

setup
if command -v apt-get >/dev/null; then
  install_packages oclgrind
fi
library=
for candidate in /usr/lib/oclgrind /usr/local/lib/oclgrind; do
  if [ -e "$candidate/liboclgrind-rt.so" ]; then
    library=$candidate/liboclgrind-rt.so
  fi
done
[ -n "$library" ] || stop "liboclgrind-rt.so was not found (it is the device under test). Install oclgrind."
build release motley workloads_test || stop "the build failed. Read the compiler's message above."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Its library is loaded in place of the system's. Not OCLGRIND_UNINITIALIZED: 21.10 takes memory that
# clEnqueueFillBuffer wrote for uninitialised, and crashes on images.
export MOTLEY_OPENCL_LIBRARY=$library OCLGRIND_CHECK_API=1 OCLGRIND_DATA_RACES=1

# judge FILE STATUS WHAT: FILE is what a program wrote, STATUS how it ended.
judge() {
  if [ "$2" -eq 0 ] && ! grep -qE 'Invalid (read|write)|data race|[Uu]ninitialized|Oclgrind - OpenCL' "$1"; then
    return
  fi
  cat "$1" >&2
  stop "$3 ended with exit code $2 under oclgrind, or was reported: see above."
}

# A simulated device is slow: sets are small and time does not matter. Operators and networks have
# sizes of their own.
cases() {
  local status=0
  "$root/build/release/harness/cli/motley" run --tier smoke --on opencl:0 --budget 0 \
    --block-seconds 0.001 --timeout 600 --set bytes=16384 --out "$folder/cases.jsonl" "$@" \
    2>"$folder/cases" >/dev/null || status=$?
  judge "$folder/cases" "$status" motley
  if grep -qE '"status":"(failed|wrong|suspect)"' "$folder/cases.jsonl"; then
    grep -E '"status":"(failed|wrong|suspect)"' "$folder/cases.jsonl" >&2
    stop "the kernels above did not give the right answer under oclgrind."
  fi
  "$root/build/release/harness/cli/motley" summary "$folder/cases.jsonl"
}

# The test in as many processes as there are cores: oclgrind simulates on one.
operators() {
  local shard status
  local -a jobs=()
  for ((shard = 0; shard < $(nproc); ++shard)); do
    GTEST_TOTAL_SHARDS=$(nproc) GTEST_SHARD_INDEX=$shard "$root/build/release/workloads_test" \
      --gtest_filter='Operators/EachOperator.IsRightInEachImplementation/*' \
      >"$folder/operators.$shard" 2>&1 &
    jobs+=($!)
  done
  for shard in "${!jobs[@]}"; do
    status=0
    wait "${jobs[shard]}" || status=$?
    judge "$folder/operators.$shard" "$status" workloads_test
  done
}

if [ $# -gt 0 ]; then
  cases "$@"
else
  cases --filter '^(?!op/|.*/(training|inference)$)'
  operators
fi
echo "No kernel was reported by oclgrind."

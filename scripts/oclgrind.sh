#!/usr/bin/env bash
# Does any OpenCL kernel touch what is not its own? Runs every OpenCL case once, with the smallest
# parameters, on oclgrind's simulated device, which checks each access, and fails on any report.
# Arguments go to `motley run`, for example --filter bandwidth.
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
build release motley || stop "the build failed. Read the compiler's message above."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0
# Its library is loaded in place of the system's; a simulated device is slow, so sets are small and time
# does not matter. Not OCLGRIND_UNINITIALIZED: 21.10 takes memory that clEnqueueFillBuffer wrote for
# uninitialised, and crashes on images.
MOTLEY_OPENCL_LIBRARY=$library OCLGRIND_CHECK_API=1 OCLGRIND_DATA_RACES=1 \
  "$root/build/release/harness/cli/motley" run --tier smoke --on opencl:0 --budget 0 \
  --block-seconds 0.001 --timeout 600 --set bytes=16384 --out "$folder/oclgrind.jsonl" "$@" 2>"$folder/reports" ||
  status=$?
if [ "$status" -ne 0 ]; then
  cat "$folder/reports" >&2
  stop "motley ended with exit code $status under oclgrind."
fi
if grep -qE 'Invalid (read|write)|data race|[Uu]ninitialized|Oclgrind - OpenCL' "$folder/reports"; then
  cat "$folder/reports" >&2
  stop "oclgrind reported the above."
fi
if grep -qE '"status":"(failed|wrong|suspect)"' "$folder/oclgrind.jsonl"; then
  grep -E '"status":"(failed|wrong|suspect)"' "$folder/oclgrind.jsonl" >&2
  stop "the kernels above did not give the right answer under oclgrind."
fi
"$root/build/release/harness/cli/motley" summary "$folder/oclgrind.jsonl"
echo "No kernel was reported by oclgrind."

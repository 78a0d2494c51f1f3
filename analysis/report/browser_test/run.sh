#!/usr/bin/env bash
# Opens reports in a real browser: run.sh WORK CHROMIUM FOLDER...; each FOLDER holds a report.html.
# 77, which CTest takes as skipped, where the packages cannot be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$1
shift
mkdir -p "$work"
if ! cmp -s "$here/package-lock.json" "$work/installed.json"; then
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work/"
  if ! (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); then
    echo "skipped: npm could not fetch playwright-core and axe-core"
    exit 77
  fi
  cp "$here/package-lock.json" "$work/installed.json"
fi
cp "$here/report.mjs" "$work/"
cd "$work"
exec node report.mjs "$@"

#!/usr/bin/env bash
# Does a document with a report's tables compile? latex_test.sh PDFLATEX WORK FOLDER...
set -euo pipefail
pdflatex=$1
work=$2
shift 2
mkdir -p "$work"
cd "$work"
for folder in "$@"; do
  cat >tables_test.tex <<TEX
\\documentclass{article}
\\usepackage[T1]{fontenc}
\\usepackage{textcomp}
\\usepackage{array,booktabs,graphicx}
\\begin{document}
\\input{$folder/tables.tex}
\\end{document}
TEX
  if ! "$pdflatex" -interaction=nonstopmode -halt-on-error -no-shell-escape tables_test.tex >said.txt; then
    grep -A 3 '^!' said.txt
    exit 1
  fi
  # A paragraph may stand out by a letter; a table that does runs over the margin.
  if grep -E '^Overfull .hbox \(([3-9][0-9]|[0-9]{3,})' said.txt; then exit 1; fi
done

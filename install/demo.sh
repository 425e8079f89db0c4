#!/usr/bin/env bash
# Sets up optmargin and makes the margin report of the example account. Safe to run twice.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

readonly REPORT=out/margin_report.xlsx
readonly ARGUMENTS=(report workbooks/examples/ibkr_flex_example.xml -o "$REPORT" --spot SPX=6834.10 --spot XSP=683.41)

if ! { make_venv && install_locked run; }; then
    say "optmargin is not set up: see above what is missing and how to get it."
    exit 1
fi
mkdir -p "$(dirname "$REPORT")"
printf '$ optmargin %s\n' "${ARGUMENTS[*]}"
if ! "$VENV/bin/optmargin" "${ARGUMENTS[@]}"; then
    say "The report was not made, or is incomplete: see above."
    exit 1
fi
printf '\nThe report: %s\nOpen it in Excel or LibreOffice. The program: %s\n' "$ROOT/$REPORT" "$VENV/bin/optmargin"

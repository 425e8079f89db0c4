#!/usr/bin/env bash
# Writes the locks anew from pyproject.toml: for Python 3.11 and later, on Linux, macOS and Windows, with hashes and
# without addresses. Versions stay as they are where they still fit; `bash install/lock.sh --upgrade` takes the newest.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

UV=$VENV/bin/uv
[ -x "$UV" ] || UV=$(command -v uv) || { say "uv is needed: '.venv/bin/python -m pip install uv', then run this again."; exit 1; }

lock() { # lock file, what it is for, then what uv is told
    local file=$1 purpose=$2 body
    shift 2
    body=$file.new
    if [ -f "$file" ]; then cp "$file" "$body"; fi # uv keeps the versions that it finds in its output
    quietly "$UV" pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
        --no-header --output-file "$body" "$@"
    if grep -nE '://|index-url|find-links' "$body" >&2; then
        say "$body holds an address; $file is left as it was."
        exit 1
    fi
    { printf '# %s. Written by install/lock.sh; do not edit.\n' "$purpose" && cat "$body"; } >"$body.headed"
    mv "$body.headed" "$file"
    rm -f "$body"
    say "$file: $(grep -c '==' "$file") packages"
}

build_requirements=$(mktemp)
trap 'rm -f "$build_requirements" install/*.new install/*.headed' EXIT
"$VENV_PYTHON" -c 'import tomllib
with open("pyproject.toml", "rb") as file:
    print("\n".join([*tomllib.load(file)["build-system"]["requires"], "editables"]))' >"$build_requirements"

# each lock holds to the versions of the one before it, so that all of them fit in one environment
lock install/requirements.txt "What optmargin runs with" pyproject.toml "$@"
lock install/requirements-dev.txt "What optmargin runs and is checked with" \
    --extra dev --constraints install/requirements.txt pyproject.toml "$@"
lock install/requirements-build.txt "What installing optmargin from its source needs" \
    --constraints install/requirements-dev.txt "$build_requirements" "$@"

#!/usr/bin/env bash
# Checks everything, after setting up all that it needs: shell scripts, linter, types, generated files, tests with a real
# LibreOffice. Safe to run twice. Uses the network for pip and apt only, and only where something is missing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

# Modules that write files which are committed. Each answers `python -m MODULE --check` with exit code 0 when its files
# are as it would write them now. A module named generated.py that is not listed here fails the check.
GENERATORS=(
    optmargin.hosts.terminal.generated
    optmargin.hosts.libreoffice.generated
)

readonly TEST_WORKERS=2

step() { # name, what it means when it fails, command ... -> runs it, says how long it took, stops everything on failure
    local name=$1 meaning=$2 began=$SECONDS
    shift 2
    printf '\n== %s\n' "$name"
    if ! "$@"; then
        printf '\nStopped after %s s at "%s": %s\n' "$SECONDS" "$name" "$meaning"
        exit 1
    fi
    printf '   done in %s s\n' "$((SECONDS - began))"
}

shell_scripts_parse() {
    local script failed=0
    for script in .ci/run install/*.sh; do
        bash -n "$script" || failed=1
    done
    return "$failed"
}

python_is_ready() {
    make_venv && install_locked dev && "$VENV_PYTHON" --version
}

libreoffice_is_ready() {
    OPTMARGIN_SOFFICE=$(bash install/libreoffice.sh | tail -n 1) || return 1
    export OPTMARGIN_SOFFICE
    "$OPTMARGIN_SOFFICE" --version
}

generated_files_are_current() {
    local module file failed=0
    while IFS= read -r file; do
        module=${file#addin/}
        module=${module%.py}
        module=${module//\//.}
        case " ${GENERATORS[*]-} " in
            *" $module "*) ;;
            *)
                printf '%s is not in the list GENERATORS of install/check.sh\n' "$module"
                failed=1
                ;;
        esac
    done < <(find addin/optmargin -name generated.py)
    if [ "${#GENERATORS[@]}" -eq 0 ]; then
        printf 'no module writes committed files yet\n'
        return "$failed"
    fi
    for module in "${GENERATORS[@]}"; do
        "$VENV_PYTHON" -m "$module" --check || failed=1
    done
    return "$failed"
}

tests_pass() { # a file's tests stay in one worker, so that a LibreOffice or a workbook is made once per file
    "$VENV_PYTHON" -m pytest -q -n "$TEST_WORKERS" --dist loadfile --durations=5
}

step "shell scripts" "a script has a syntax error." shell_scripts_parse
step "Python and the locked requirements" "see above what is missing and how to get it." python_is_ready
step "LibreOffice" "the tests ask a real LibreOffice; see above how to get it." libreoffice_is_ready
step "linter" "ruff found something; 'ruff check --fix' mends part of it." "$VENV_PYTHON" -m ruff check .
step "format" "'ruff format' writes these files as they should be." "$VENV_PYTHON" -m ruff format --check .
step "types" "mypy found something." "$VENV_PYTHON" -m mypy
step "generated files" "run the named module without --check and commit what it writes." generated_files_are_current
step "tests" "a test failed; its name and reason stand above." tests_pass
printf '\nAll checks passed in %s s.\n' "$SECONDS"

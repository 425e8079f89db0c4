# shellcheck shell=bash
# What the scripts of this folder share: a Python, a virtual environment, the locked requirements. Sourced, never run.
#
# Settings, from the environment:
#   OPTMARGIN_PYTHON   the Python (3.11 or later) that the virtual environment is made with
#
# Works with the bash 3.2 of macOS: no associative arrays, no mapfile, no empty arrays under `set -u`. The functions are
# called inside conditions, where `set -e` sleeps, so each of them returns its failure by hand.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT
readonly VENV=$ROOT/.venv
readonly VENV_PYTHON=$VENV/bin/python
readonly FIT_PYTHON='import sys; sys.exit(sys.version_info < (3, 11))'

# what a shell was set up with must not leak into the environment that is made here
unset PYTHONHOME PYTHONPATH
export PYTHONNOUSERSITE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0

say() { printf '%s\n' "$*" >&2; }

quietly() { # runs a command; its output is shown only when it fails
    local log
    log=$(mktemp) || return 1
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        rm -f "$log"
        say "This failed: $*"
        return 1
    fi
    rm -f "$log"
}

is_debian_root() { [ -r /etc/debian_version ] && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; }

apt_install() { # packages, without questions and without what they only recommend
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

apt_update() { # a source that can't be reached only matters when a package is then not found
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null 2>&1 || true
}

# --- Python ---------------------------------------------------------------------------------------------------------

is_fit_python() { "$1" -c "$FIT_PYTHON" >/dev/null 2>&1; }
has_ensurepip() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
python_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

search_python() { # [must also satisfy] -> prints the first fit one
    local candidate found
    for candidate in python3.11 python3.12 python3.13 python3.14 python3 /usr/bin/python3; do
        found=$(command -v "$candidate") || continue
        if is_fit_python "$found" && { [ -z "${1:-}" ] || "$1" "$found"; }; then
            printf '%s\n' "$found"
            return 0
        fi
    done
    return 1
}

find_python() { # prints a Python >= 3.11; one that can make a virtual environment by itself goes first
    if [ -n "${OPTMARGIN_PYTHON:-}" ]; then
        if is_fit_python "$OPTMARGIN_PYTHON"; then
            printf '%s\n' "$OPTMARGIN_PYTHON"
            return 0
        fi
        say "OPTMARGIN_PYTHON=$OPTMARGIN_PYTHON is not a Python 3.11 or later that runs. Correct it, or unset it."
        return 1
    fi
    search_python has_ensurepip && return 0
    search_python && return 0
    if is_debian_root; then
        say "installing Python from Debian ..."
        apt_update
        apt_install python3 python3-venv || return 1
        search_python && return 0
        apt_install python3.11 python3.11-venv && search_python && return 0 # where python3 is older than that
    fi
    say "Python 3.11 or later is needed and was not found."
    say "Get it: on Debian or Ubuntu 'apt-get install python3 python3-venv'; on macOS 'brew install python@3.12';"
    say "or from python.org. Then run this again, or set OPTMARGIN_PYTHON to it."
    return 1
}

# --- the virtual environment ----------------------------------------------------------------------------------------

venv_is_fit() {
    [ -x "$VENV_PYTHON" ] && is_fit_python "$VENV_PYTHON" || return 1
    if [ -n "${OPTMARGIN_PYTHON:-}" ]; then
        [ "$(python_version "$VENV_PYTHON")" = "$(python_version "$OPTMARGIN_PYTHON")" ] || return 1
    fi
    "$VENV_PYTHON" -m pip --version >/dev/null 2>&1 || "$VENV_PYTHON" -m ensurepip >/dev/null 2>&1
}

bring_ensurepip() { # python -> Debian keeps ensurepip in a package of its own
    local version
    version=$(python_version "$1") || return 1
    if is_debian_root; then
        say "installing python$version-venv from Debian ..."
        apt_update
        apt_install "python$version-venv" || apt_install python3-venv || return 1
        has_ensurepip "$1" && return 0
    fi
    say "$1 can't make a virtual environment: its ensurepip is missing."
    say "Get it: on Debian or Ubuntu 'sudo apt-get install python$version-venv'; or set OPTMARGIN_PYTHON to another Python."
    return 1
}

make_venv() { # makes .venv where it is missing, or where its Python is gone, too old or not the one asked for
    local python
    venv_is_fit && return 0
    if [ -e "$VENV" ] && [ ! -f "$VENV/pyvenv.cfg" ]; then
        say "$VENV is there but is not a virtual environment. Move it away, then run this again."
        return 1
    fi
    python=$(find_python) || return 1
    has_ensurepip "$python" || bring_ensurepip "$python" || return 1
    say "making .venv with $python ($(python_version "$python")) ..."
    rm -rf "$VENV"
    quietly "$python" -m venv "$VENV"
}

# --- the locked requirements ----------------------------------------------------------------------------------------

fingerprint() { # files -> a hash of them, of this folder's place and of the Python: when it changes, install again
    "$VENV_PYTHON" - "$ROOT" "$@" <<'PYTHON'
import hashlib
import pathlib
import sys

print(hashlib.sha256(repr((sys.version, sys.argv[1], [pathlib.Path(name).read_bytes() for name in sys.argv[2:]])).encode()).hexdigest())
PYTHON
}

install_locked() { # run | dev -> the locked requirements and optmargin itself, editable; nothing when they are there
    local lock="$ROOT/install/requirements.txt" build="$ROOT/install/requirements-build.txt" stamp="$VENV/optmargin-$1" wanted
    local described=("$build" "$ROOT/pyproject.toml" "$ROOT/addin/optmargin/__init__.py")
    local run_wanted
    run_wanted=$(fingerprint "$lock" "${described[@]}") || return 1
    wanted=$run_wanted
    if [ "$1" = dev ]; then
        lock=$ROOT/install/requirements-dev.txt
        wanted=$(fingerprint "$lock" "${described[@]}") || return 1
    fi
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return 0
    fi
    rm -f "$VENV/optmargin-run" "$VENV/optmargin-dev"
    say "installing the locked requirements ($(grep -c '==' "$lock") packages) ..."
    quietly "$VENV_PYTHON" -m pip install --require-hashes -r "$lock" -r "$build" || return 1
    quietly "$VENV_PYTHON" -m pip install --no-index --no-deps --no-build-isolation -e "$ROOT" || return 1
    # the dev lock holds the runtime lock, so that it answers for both
    printf '%s\n' "$run_wanted" >"$VENV/optmargin-run" || return 1
    if [ "$1" = dev ]; then printf '%s\n' "$wanted" >"$VENV/optmargin-dev"; fi
}

#!/usr/bin/env bash
# Brings LibreOffice Calc 24.8 or later with its Python, which the add-in, the tests and the pictures need.
#
# On Debian as root it is installed from the release or its backports, with the mirror of the machine's own apt sources;
# anywhere else this script says what is missing and how to get it, and fails. Safe to run twice: it does nothing where a
# fit one is found. Prints the path of soffice as its last line. OPTMARGIN_SOFFICE names one in an unusual place.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly WANTED_YEAR=24 WANTED_MONTH=8
readonly LISTED=/etc/apt/sources.list.d/optmargin-backports.list

is_wanted() { # "25.2.3", "4:25.2.3-1" -> true when that is the wanted version or later
    local version
    version=$(printf '%s\n' "$1" | sed -nE 's/^([0-9]+:)?([0-9]+)\.([0-9]+).*/\2 \3/p')
    [ -n "$version" ] || return 1
    # shellcheck disable=SC2086
    set -- $version
    [ "$1" -gt "$WANTED_YEAR" ] || { [ "$1" -eq "$WANTED_YEAR" ] && [ "$2" -ge "$WANTED_MONTH" ]; }
}

version_of() { "$1" --version 2>/dev/null | sed -nE 's/^LibreOffice[^0-9]*([0-9.]+).*/\1/p' | head -n 1; }

find_soffice() { # prints the first one that is recent enough
    local candidate
    for candidate in "${OPTMARGIN_SOFFICE:-}" "$(command -v soffice || true)" /usr/bin/soffice \
        /Applications/LibreOffice.app/Contents/MacOS/soffice /opt/libreoffice*/program/soffice; do
        if [ -n "$candidate" ] && [ -x "$candidate" ] && is_wanted "$(version_of "$candidate")"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

debian_mirror() { # the mirror from which this machine already installs
    local found
    found=$(sed -nE 's/^URIs:[[:space:]]*([^ ]+).*/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
    [ -n "$found" ] || found=$(sed -nE 's/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p' /etc/apt/sources.list 2>/dev/null | head -n 1)
    printf '%s\n' "$found"
}

apt_offers() { # [-t release] -> true when apt would install a fit Calc from there
    is_wanted "$(apt-cache "$@" policy libreoffice-calc-nogui 2>/dev/null | sed -nE 's/^ *Candidate: (.*)/\1/p')"
}

install_on_debian() {
    local codename identity mirror
    say "installing LibreOffice Calc with apt-get ..."
    local packages=(libreoffice-calc-nogui libreoffice-script-provider-python python3-uno poppler-utils fonts-dejavu-core)
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    # shellcheck disable=SC1091
    identity=$(. /etc/os-release && printf '%s' "${ID:-}")
    apt_update
    if apt_offers; then
        apt_install "${packages[@]}"
        return
    fi
    if [ "$identity" = debian ] && [ -n "$codename" ] && ! apt_offers -t "$codename-backports"; then
        mirror=$(debian_mirror)
        [ -n "$mirror" ] || { say "no Debian mirror was found in this machine's apt sources"; return 1; }
        printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s-backports main\n' \
            "$mirror" "$codename" >"$LISTED"
        if ! quietly apt-get update; then
            rm -f "$LISTED" # a source that doesn't answer would spoil every later apt-get update
            return 1
        fi
    fi
    if [ -n "$codename" ] && apt_offers -t "$codename-backports"; then
        apt_install -t "$codename-backports" "${packages[@]}"
        return
    fi
    say "neither this release nor its backports has LibreOffice $WANTED_YEAR.$WANTED_MONTH or later"
    return 1
}

runs_python() { # soffice -> true when it can run the add-in, which is written in Python
    local folder
    folder=$(dirname "$(readlink -f "$1")")
    [ -e "$folder/pythonloader.py" ] || [ -e "$folder/../Resources/pythonloader.py" ]
}

bring_python() { # soffice -> Debian keeps LibreOffice's Python in a package of its own, of the same version
    local version
    runs_python "$1" && return 0
    if is_debian_root; then
        say "installing LibreOffice's Python with apt-get ..."
        version=$(dpkg-query -W -f '${Version}\n' libreoffice-core libreoffice-core-nogui 2>/dev/null | grep -m 1 .)
        apt_update
        apt_install "python3-uno=$version" && runs_python "$1" && return 0
    fi
    say "$1 can't run the add-in: its Python is missing."
    say "Get it: on Debian or Ubuntu 'sudo apt-get install python3-uno', on Fedora 'sudo dnf install libreoffice-pyuno'."
    return 1
}

main() {
    local soffice
    if soffice=$(find_soffice) || { is_debian_root && install_on_debian && soffice=$(find_soffice); }; then
        bring_python "$soffice" || return 1
        printf '%s\n' "$soffice"
        return 0
    fi
    say "LibreOffice $WANTED_YEAR.$WANTED_MONTH or later is needed and was not found."
    say "Get it: Debian 12 or later as root runs this script by itself; Ubuntu 24.04: 'add-apt-repository ppa:libreoffice/ppa',"
    say "then this again as root; macOS: 'brew install --cask libreoffice'; elsewhere from your distribution or"
    say "libreoffice.org. Then run this again, or set OPTMARGIN_SOFFICE to the path of its soffice."
    return 1
}

main "$@"

#!/usr/bin/env bash
# Asks xlwings' COM server under wine, with Windows' Python and the real pywin32. Optional; see README.md beside it.
set -euo pipefail

readonly HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly ROOT=$(cd "$HERE/../../.." && pwd -P)
readonly CLSID='{506E67C3-55B5-48C3-A035-EED5DEEA7D6D}'

if [ $# -ne 1 ] || [ ! -f "$1" ]; then
    printf 'Usage: bash %s PYTHON_FOR_WINDOWS.zip (the embeddable package of Python 3.12 for 64-bit Windows)\n' "$0" >&2
    exit 2
fi
for program in wine wineboot winecfg unzip; do
    command -v "$program" >/dev/null || { printf '%s is missing; on Debian: apt-get install wine wine64 unzip\n' "$program" >&2; exit 2; }
done

folder=$(mktemp -d -t optmargin-wine-XXXXXX)
printf 'working in %s\n' "$folder"
export WINEPREFIX=$folder/prefix WINEDEBUG=-all

unzip -q "$1" -d "$folder/python"
printf '%s\n' python312.zip . Lib/site-packages Lib/site-packages/win32 Lib/site-packages/win32/lib "Z:$ROOT/addin" "Z:$HERE" \
    >"$folder/python/python312._pth"
python3 -m pip download -q --no-deps --only-binary=:all: --platform win_amd64 --python-version 3.12 -d "$folder/wheels" \
    pywin32==312 xlwings==0.37.8
for wheel in "$folder"/wheels/*.whl; do unzip -q -o "$wheel" -d "$folder/python/Lib/site-packages"; done
cp "$folder"/python/Lib/site-packages/pywin32_system32/*.dll "$folder/python/"

wineboot -i
winecfg -v win10

python() { # Windows' Python, which needs pipes under wine
    printf '' | wine "$folder/python/python.exe" "$@" | cat
}

# wine wants to know the server of the class, though it is already running when it is asked for
wine reg add "HKCU\\Software\\Classes\\CLSID\\$CLSID\\LocalServer32" /ve /d python.exe /f >/dev/null

python -c "import xlwings; xlwings.serve('$CLSID')" >"$folder/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wineserver -k || true' EXIT
for _ in $(seq 60); do
    grep -q 'server running' "$folder/server.log" && break
    sleep 1
done
python "Z:$HERE/ask.py"

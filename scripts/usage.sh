# What the scripts share: --help, and one sentence for what is wrong. Sourced, not run.
# shellcheck shell=bash
set -euo pipefail

PROGRAM=$(basename "$0")
ROOT=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
    echo "$PROGRAM: $1" >&2
    exit 2
}

# asks_for_help "$@": tell whether --help or -h is among the arguments.
asks_for_help() {
    local argument
    for argument in "$@"; do
        [[ $argument != -h && $argument != --help ]] || return 0
    done
    return 1
}

# usage: print the comment that the script begins with, and end.
usage() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
    exit 0
}

# need_tool COMMAND HOW: fail unless the command is there.
need_tool() {
    command -v "$1" > /dev/null || fail "$(basename "$1") is not installed; $2."
}

# with_boto3 FILE "$@": become a Python script with the tools that `make tools` installs. Its --help needs none.
with_boto3() {
    local python=$ROOT/.venv-deploy/bin/python
    if [[ ! -x $python ]]; then
        asks_for_help "$@" || fail "the tools are not installed; run \`make tools\`."
        python=${PYTHON:-python3}
    fi
    exec "$python" "$ROOT/scripts/$1" "${@:2}"
}

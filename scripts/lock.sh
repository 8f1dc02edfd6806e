#!/usr/bin/env bash
# Renew the locks under requirements/: exact versions and hashes for every platform, no index named.
# Usage: scripts/lock.sh [--upgrade]
# Versions that are locked already stay as they are where they still fit; --upgrade takes the newest. Needs uv.
. "$(dirname -- "${BASH_SOURCE[0]}")/usage.sh"

asks_for_help "$@" && usage
upgrade=()
for argument in "$@"; do
    case $argument in
        --upgrade) upgrade=(--upgrade) ;;
        *) fail "the one option is --upgrade, not '$argument'." ;;
    esac
done
need_tool uv "\`pip install uv\` installs it"
cd "$ROOT"

lock() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-annotate --no-header ${upgrade[@]+"${upgrade[@]}"} --output-file "requirements/$1.txt" "${@:2}"
}

# One environment holds what a server needs and what its tests need, so both are locked to the same versions. What one
# machine runs decides for a function, too, whose group has no more than names.
lock test --extra otel --group pyproject.toml:build --group pyproject.toml:test pyproject.toml
lock server --constraint requirements/test.txt --group pyproject.toml:build pyproject.toml
lock otel --constraint requirements/test.txt --extra otel pyproject.toml
for function in function zones tokens accounts orders; do
    lock "$function" --constraint requirements/server.txt --group "pyproject.toml:$function"
done
for group in deploy emulator python-client bench-lambda bench-powertools bench-fastapi bench-fastapi_sqlite \
    bench-pocketbase; do
    lock "$group" --group "pyproject.toml:$group"
done

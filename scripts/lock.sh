#!/usr/bin/env bash
# Renew the locks under requirements/: exact versions and hashes for every platform, no index named.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-annotate --no-header --output-file "$@"
}

lock requirements/function.txt pyproject.toml
lock requirements/tokens.txt --extra tokens pyproject.toml
lock requirements/accounts.txt --extra accounts pyproject.toml
lock requirements/server.txt --extra server --group pyproject.toml:build pyproject.toml
lock requirements/test.txt --extra server --extra cognito --group pyproject.toml:build --group pyproject.toml:test pyproject.toml
lock requirements/deploy.txt --group pyproject.toml:deploy
lock requirements/emulator.txt --group pyproject.toml:emulator
for environment in lambda powertools fastapi fastapi_sqlite; do
  lock "requirements/bench-$environment.txt" --group "pyproject.toml:bench-$environment"
done

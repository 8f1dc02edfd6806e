#!/usr/bin/env bash
# Run the API collection against a running Shopkeeper: scripts/run-api-tests.sh local|blue|green [newman's options]
# BASE_URL and ALLOWED_ORIGIN override what the environment's file says; blue and green need BASE_URL.
set -euo pipefail

fail() {
    echo "run-api-tests.sh: $1" >&2
    exit 2
}

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
newman="$root/node_modules/.bin/newman"

environment=${1:-}
case $environment in
    local) ;;
    blue | green) [[ -n ${BASE_URL:-} ]] || fail "BASE_URL must name the address of the $environment deployment." ;;
    *) fail "The first argument must be local, blue or green${environment:+, not '$environment'}." ;;
esac
shift
[[ -x $newman ]] || fail "newman is not installed; run \`npm ci\` in $root."

overrides=()
[[ -z ${BASE_URL:-} ]] || overrides+=(--env-var "baseUrl=${BASE_URL%/}")
[[ -z ${ALLOWED_ORIGIN:-} ]] || overrides+=(--env-var "allowedOrigin=$ALLOWED_ORIGIN")

exec "$newman" run "$root/tests/api/shopkeeper.postman_collection.json" \
    --environment "$root/tests/api/environments/$environment.postman_environment.json" \
    --timeout-request 15000 \
    ${overrides[@]+"${overrides[@]}"} \
    "$@"

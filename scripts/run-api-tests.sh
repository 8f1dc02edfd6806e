#!/usr/bin/env bash
# Run the API collection against a running Shopkeeper.
# Usage: scripts/run-api-tests.sh local|blue|green [newman's options]
# BASE_URL and ALLOWED_ORIGIN override what the environment's file says; blue and green need BASE_URL. So do
# COLD_BUDGET_MS and WARM_BUDGET_MS: how many milliseconds the first answer and later ones may take.
# --folder Functional (Performance, Security, Integration) runs one group; what it made is removed after it.
# Visits are counted on the page api-tests where its name may be counted. --env-var countVisits=true has them
# counted on the site's own counter too.
. "$(dirname -- "${BASH_SOURCE[0]}")/usage.sh"

asks_for_help "$@" && usage
newman=$ROOT/node_modules/.bin/newman

environment=${1:-}
case $environment in
    local) ;;
    blue | green) [[ -n ${BASE_URL:-} ]] || fail "BASE_URL must name the address of the $environment deployment." ;;
    -*) fail "there is no option '$environment'; newman's options follow local, blue or green." ;;
    *) fail "the first argument must be local, blue or green${environment:+, not '$environment'}." ;;
esac
shift
[[ -x $newman ]] || fail "newman is not installed; run \`npm ci\` in $ROOT."

overrides=()
[[ -z ${BASE_URL:-} ]] || overrides+=(--env-var "baseUrl=${BASE_URL%/}")
[[ -z ${COLD_BUDGET_MS:-} ]] || overrides+=(--env-var "coldBudgetMs=$COLD_BUDGET_MS")
[[ -z ${WARM_BUDGET_MS:-} ]] || overrides+=(--env-var "warmBudgetMs=$WARM_BUDGET_MS")
[[ -z ${ALLOWED_ORIGIN:-} ]] || overrides+=(--env-var "allowedOrigin=$ALLOWED_ORIGIN")

# Newman runs groups in the order of the collection, and Clean-up is its last.
[[ " $* " != *" --folder"* ]] || overrides+=(--folder Clean-up)

exec "$newman" run "$ROOT/tests/api/shopkeeper.postman_collection.json" \
    --environment "$ROOT/tests/api/environments/$environment.postman_environment.json" \
    --timeout-request 15000 \
    ${overrides[@]+"${overrides[@]}"} \
    "$@"

#!/usr/bin/env bash
# Deploy a stage with the Serverless Framework.
# Usage: scripts/deploy.sh dev|staging|prod [--dry-run] [--only-data] [--no-collection]
#   --dry-run        say what would be done, and do nothing
#   --only-data      end with the tables and the secret, before any code
#   --no-collection  do not run the API collection against what was deployed
# The environment: AWS_REGION and credentials; COLOUR (blue), ALLOWED_ORIGINS (needed except in dev), and
# RESERVED_CONCURRENCY, SNAP_START, JWT_ROTATION_DAYS, ALARM_EMAIL, API_DOCS (true or false) and the settings of docs/deployment.md where wanted.
. "$(dirname -- "${BASH_SOURCE[0]}")/deployment.sh"

deployment_arguments "$@"
SERVICE=$ROOT/infrastructure/serverless
OSLS=$SERVICE/node_modules/.bin/osls
need_tool "$OSLS" "run \`make tools\`"
check_account
read_front
$ONLY_DATA || need_code

deploy_in() {
    (cd "$1" && "$OSLS" deploy --stage "$STAGE")
}

# Versions in service stay there until the shift; the framework would move the alias at once.
deploy_code() {
    LIVE_VERSIONS=$("$ROOT/scripts/release" versions "$STAGE" "$COLOUR") || return 1
    export LIVE_VERSIONS
    deploy_in "$SERVICE"
}

deploy_data deploy_in "$SERVICE/data"
step "the code: stack $NAME" deploy_code
step "into service: shift the alias live" "$ROOT/scripts/release" shift "$STAGE" "$COLOUR"
pages
api_collection
deployed

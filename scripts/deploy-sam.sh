#!/usr/bin/env bash
# Deploy a stage with SAM.
# Usage: scripts/deploy-sam.sh dev|staging|prod [--dry-run] [--only-data] [--no-collection]
#   --dry-run        say what would be done, and do nothing
#   --only-data      end with the tables and the secret, before any code
#   --no-collection  do not run the API collection against what was deployed
# The environment: AWS_REGION and credentials; COLOUR (blue), ALLOWED_ORIGINS (needed except in dev), and
# RESERVED_CONCURRENCY, SNAP_START, JWT_ROTATION_DAYS, ALARM_EMAIL, API_DOCS (true or false) and the settings of docs/deployment.md where wanted.
. "$(dirname -- "${BASH_SOURCE[0]}")/deployment.sh"

deployment_arguments "$@"
export SAM_CLI_TELEMETRY=0
SAM=$TOOLS/sam
need_tool "$SAM" "run \`make tools\`"
check_account
read_front
$ONLY_DATA || need_code

stack() {
    local stack=$1 template=$2
    shift 2
    "$SAM" deploy --template-file "$ROOT/infrastructure/sam/$template" --stack-name "$stack" --resolve-s3 \
        --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --no-confirm-changeset --no-fail-on-empty-changeset \
        --no-progressbar --parameter-overrides "$@"
}

code_parameters=("Stage=$STAGE" "Colour=$COLOUR")
# Each is named, also where it is empty: what is not named would stay as it was.
settings=$(facts settings)
while read -r variable parameter; do
    code_parameters+=("$parameter=\"${!variable:-}\"")
done <<< "$settings"
[[ -z ${RESERVED_CONCURRENCY:-} ]] || code_parameters+=("ReservedConcurrency=$RESERVED_CONCURRENCY")
code_parameters+=("RotationDays=$JWT_ROTATION_DAYS")
[[ -z ${SNAP_START:-} ]] || code_parameters+=("SnapStart=$SNAP_START")
[[ -z ${ALARM_EMAIL:-} ]] || code_parameters+=("AlarmEmail=$ALARM_EMAIL")

# fingerprint: changes with the packages, the template and the parameters, so that each change is a version.
fingerprint() {
    (cd "$ROOT/dist" && printf '%s\n' "${code_parameters[@]}" |
        cat $(printf '%s-arm64.zip ' $FUNCTIONS) ../infrastructure/sam/template.yaml - |
        "$TOOLS/python" -c 'import hashlib, sys; print(hashlib.file_digest(sys.stdin.buffer, "sha256").hexdigest())')
}

deploy_data stack "$DATA" data.yaml "Stage=$STAGE" "AllowedOrigins=\"${ALLOWED_ORIGINS:-}\"" \
    "FrontColour=$FRONT_COLOUR" "FrontApi=\"$FRONT_API\"" "FrontUrl=\"$FRONT_URL\""
code_parameters+=("Fingerprint=$(fingerprint)")

# CodeDeploy shifts within the stack's update; what was in service before it is remembered for `release back`.
deploy_code() {
    local before
    before=$("$ROOT/scripts/release" versions "$STAGE" "$COLOUR") || return 1
    stack "$@" && "$ROOT/scripts/release" mark "$STAGE" "$COLOUR" --before "$before"
}

step "the code: stack $NAME, shifted by CodeDeploy" deploy_code "$NAME" template.yaml "${code_parameters[@]}"
pages
api_collection
deployed

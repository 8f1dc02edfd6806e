#!/usr/bin/env bash
# Deploy a stage with Terraform.
# Usage: scripts/deploy-terraform.sh dev|staging|prod [--dry-run] [--only-data] [--no-collection]
#   --dry-run        say what would be done, and do nothing
#   --only-data      end with the tables and the secret, before any code
#   --no-collection  do not run the API collection against what was deployed
# The environment: AWS_REGION and credentials; COLOUR (blue), ALLOWED_ORIGINS (needed except in dev), and
# RESERVED_CONCURRENCY, SNAP_START, JWT_ROTATION_DAYS, ALARM_EMAIL, API_DOCS (true or false) and the settings of docs/deployment.md where wanted.
# TERRAFORM_STATE_BUCKET keeps the state in S3 (else it stays beside the configuration); TERRAFORM_PLUGINS names
# a folder of providers where there is no registry.
. "$(dirname -- "${BASH_SOURCE[0]}")/deployment.sh"

deployment_arguments "$@"
FOLDER=$ROOT/infrastructure/terraform
need_tool terraform "version 1.11 or newer is needed"
check_account
read_front
$ONLY_DATA || need_code

# init FOLDER KEY: each stage and colour has a state of its own.
init() {
    local options=(-input=false -no-color -reconfigure)
    [[ -z ${TERRAFORM_PLUGINS:-} ]] || options+=("-plugin-dir=$TERRAFORM_PLUGINS")
    if [[ -n ${TERRAFORM_STATE_BUCKET:-} ]]; then
        printf 'terraform {\n  backend "s3" {\n    use_lockfile = true\n  }\n}\n' > "$1/backend_override.tf"
        options+=("-backend-config=bucket=$TERRAFORM_STATE_BUCKET" "-backend-config=key=$2.tfstate"
            "-backend-config=region=$AWS_REGION")
    else
        rm -f "$1/backend_override.tf"
        options+=("-backend-config=path=$2.tfstate")
    fi
    terraform -chdir="$1" init "${options[@]}"
}

apply() {
    local folder=$1 state=$2
    shift 2
    init "$folder" "$state" > /dev/null &&
        terraform -chdir="$folder" apply -input=false -auto-approve -no-color "$@"
}

settings=$(facts environment)
code_variables=("-var=stage=$STAGE" "-var=colour=$COLOUR" "-var=allowed_origins=${ALLOWED_ORIGINS:-}"
    "-var=settings=$settings"
    "-var=reserved_concurrency=${RESERVED_CONCURRENCY:--1}" "-var=snap_start=${SNAP_START:-None}"
    "-var=rotation_days=$JWT_ROTATION_DAYS"
    "-var=alarm_email=${ALARM_EMAIL:-}")

deploy_data apply "$FOLDER/data" "$DATA" "-var=stage=$STAGE" "-var=allowed_origins=${ALLOWED_ORIGINS:-}" \
    "-var=front_colour=$FRONT_COLOUR" "-var=front_api=$FRONT_API" "-var=front_url=$FRONT_URL"
step "the code: $NAME" apply "$FOLDER/code" "$NAME" "${code_variables[@]}"
step "into service: shift the alias live" "$ROOT/scripts/release" shift "$STAGE" "$COLOUR"
pages
api_collection
deployed

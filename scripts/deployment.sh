# What the three deploy scripts share: arguments, checks, and steps that say where they failed. Sourced, not run.
# shellcheck shell=bash
set -euo pipefail

PROGRAM=$(basename "$0")
ROOT=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=$ROOT/.venv-deploy/bin
COLOUR=${COLOUR:-blue}
DRY_RUN=false
STAGE=
STEP=

fail() {
    echo "$PROGRAM: $1" >&2
    exit 2
}

# deployment_arguments "$@": a stage, and perhaps --dry-run.
deployment_arguments() {
    local argument
    for argument in "$@"; do
        case $argument in
            --dry-run) DRY_RUN=true ;;
            dev | staging | prod) STAGE=$argument ;;
            *) fail "the stage must be dev, staging or prod, not '$argument'." ;;
        esac
    done
    [[ -n $STAGE ]] || fail "name the stage: $PROGRAM dev|staging|prod [--dry-run]"
    [[ $COLOUR == blue || $COLOUR == green ]] || fail "COLOUR must be blue or green, not '$COLOUR'."
    [[ $STAGE == dev || -n ${ALLOWED_ORIGINS:-} ]] ||
        fail "ALLOWED_ORIGINS must name the web origins of stage $STAGE, with commas between."
    export COLOUR
    NAME=shopkeeper-$STAGE-$COLOUR
    DATA=shopkeeper-data-$STAGE
}

# need_tool COMMAND HOW: fail unless the command is there.
need_tool() {
    command -v "$1" > /dev/null || fail "$(basename "$1") is not installed; $2."
}

check_account() {
    need_tool "$TOOLS/python" "run \`make tools\`"
    "$TOOLS/python" "$ROOT/scripts/account.py" check
}

need_packages() {
    [[ -f $ROOT/dist/visits-arm64.zip || -f $ROOT/dist/visits-x86_64.zip ]] ||
        fail "the functions are not packaged; run \`make package\`."
}

# step NAME COMMAND…: say what is done, do it (not in a dry run), and tell how to go back if it fails.
step() {
    STEP=$1
    shift
    echo "== $STEP"
    if $DRY_RUN; then
        echo "   would run: $*"
        return
    fi
    "$@" || {
        echo "$PROGRAM: failed at '$STEP'. $(way_back)" >&2
        exit 1
    }
}

way_back() {
    case $STEP in
        "the data"*) echo "The code was not touched; the tables are as they were before, mend the cause and repeat." ;;
        "the code"*) echo "What was in service still is: nothing moves before the code is complete. Mend the cause and repeat." ;;
        "into service"*) echo "The alias 'live' is back on the version before; see the alarms of $NAME." ;;
        "the API collection"*) echo "Go back with: scripts/release back $STAGE $COLOUR" ;;
        *) echo "Nothing was changed." ;;
    esac
}

api_url() {
    "$TOOLS/python" "$ROOT/scripts/account.py" url "$NAME" "$STAGE"
}

api_collection() {
    local origins=${ALLOWED_ORIGINS:-http://localhost:1580}
    BASE_URL=$(api_url) ALLOWED_ORIGIN=${origins%%,*} "$ROOT/scripts/run-api-tests.sh" "$COLOUR"
}

deployed() {
    if $DRY_RUN; then
        echo "Nothing was changed: this was a dry run."
    else
        echo "Stage $STAGE is deployed in $COLOUR: $(api_url)"
    fi
}

# What the three deploy scripts share: arguments, checks, and steps that say where they failed. Sourced, not run.
# shellcheck shell=bash
. "$(dirname -- "${BASH_SOURCE[0]}")/usage.sh"

TOOLS=$ROOT/.venv-deploy/bin
COLOUR=${COLOUR:-blue}
ROTATION_DAYS=180 # except in dev, where nothing is rotated unless JWT_ROTATION_DAYS says so
DRY_RUN=false
ONLY_DATA=false
COLLECTION=true
STAGE=
STEP=

# deployment_arguments "$@": a stage, and perhaps options.
deployment_arguments() {
    local argument
    asks_for_help "$@" && usage
    for argument in "$@"; do
        case $argument in
            --dry-run) DRY_RUN=true ;;
            --only-data) ONLY_DATA=true ;;
            --no-collection) COLLECTION=false ;;
            -*) fail "there is no option '$argument'; --help lists them." ;;
            dev | staging | prod)
                [[ -z $STAGE ]] || fail "name one stage, not '$STAGE' and '$argument'."
                STAGE=$argument
                ;;
            *) fail "the stage must be dev, staging or prod, not '$argument'." ;;
        esac
    done
    [[ -n $STAGE ]] || fail "name the stage: dev, staging or prod; --help tells more."
    [[ $COLOUR == blue || $COLOUR == green ]] || fail "COLOUR must be blue or green, not '$COLOUR'."
    [[ $STAGE == dev || -n ${ALLOWED_ORIGINS:-} ]] ||
        fail "ALLOWED_ORIGINS must name the web origins of stage $STAGE, with commas between."
    [[ ${API_DOCS:-false} == true || ${API_DOCS:-false} == false ]] ||
        fail "API_DOCS must be true or false, not '$API_DOCS'."
    [[ ${FRONT:-gateway} == gateway || $FRONT == distribution ]] ||
        fail "FRONT must be gateway or distribution, not '$FRONT'."
    [[ $STAGE != dev ]] || ROTATION_DAYS=0
    JWT_ROTATION_DAYS=${JWT_ROTATION_DAYS:-$ROTATION_DAYS}
    [[ $JWT_ROTATION_DAYS =~ ^(0|[1-9][0-9]{0,2})$ && ($JWT_ROTATION_DAYS == 0 || $JWT_ROTATION_DAYS -ge 30) ]] ||
        fail "JWT_ROTATION_DAYS must be 0 or 30 to 999, not '$JWT_ROTATION_DAYS': a session lasts up to 30 days."
    export COLOUR JWT_ROTATION_DAYS
    NAME=shopkeeper-$STAGE-$COLOUR
    DATA=shopkeeper-data-$STAGE
}

# check_account: who deploys what, and where to. Tools that ask AWS_DEFAULT_REGION are told the same region.
check_account() {
    [[ -x $TOOLS/python ]] || fail "the tools are not installed; run \`make tools\`."
    "$TOOLS/python" "$ROOT/scripts/account.py" check
    export AWS_DEFAULT_REGION=$AWS_REGION
    FUNCTIONS=$(facts functions)
}

# read_front: which colour the stage's distribution serves now, so that deploying the data leaves it so.
read_front() {
    local front
    front=$("$TOOLS/python" "$ROOT/scripts/pages.py" front "$STAGE") || exit
    read -r FRONT_COLOUR FRONT_API FRONT_URL <<< "$front"
    # Before its URL goes, the distribution asks the gateway again.
    [[ ${FRONT:-gateway} == distribution || $FRONT_COLOUR != "$COLOUR" ]] || FRONT_URL=
    export FRONT_COLOUR FRONT_API FRONT_URL
}

# facts KIND: print a line for each function or setting of this system (infrastructure/facts.json).
facts() {
    "$TOOLS/python" "$ROOT/scripts/facts.py" "$1"
}

# need_code: fail unless what the code and its tests need is there.
need_code() {
    local function package
    for function in $FUNCTIONS; do
        [[ -f $ROOT/dist/$function-arm64.zip ]] ||
            fail "dist/$function-arm64.zip is not there; run \`make package\`."
    done
    for package in pages docs; do
        [[ -f $ROOT/dist/$package.zip ]] || fail "dist/$package.zip is not there; run \`make package\`."
    done
    ! $COLLECTION || need_tool "$ROOT/node_modules/.bin/newman" "run \`make tools\`, or deploy with --no-collection"
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
        "into service"*) echo "What is in service now stands above; the alarms are those of $NAME." ;;
        "the pages"*) echo "The code is in service; mend the cause and repeat." ;;
        "the API collection"*) echo "Go back with: scripts/release back $STAGE $COLOUR" ;;
        *) echo "The stage was not touched; mend the cause and repeat." ;;
    esac
}

api_url() {
    "$TOOLS/python" "$ROOT/scripts/account.py" url "$NAME" "$STAGE"
}

# With Cognito, or unless anybody may register, only what needs no account can be tried.
run_collection() {
    local origins=${ALLOWED_ORIGINS:-http://localhost:1580} groups=()
    [[ -z ${COGNITO_USER_POOL_ID:-} && ${REGISTRATION:-open} == open ]] || groups=(--folder Performance)
    BASE_URL=$(api_url) || return 1
    BASE_URL=$BASE_URL ALLOWED_ORIGIN=${origins%%,*} "$ROOT/scripts/run-api-tests.sh" "$COLOUR" \
        ${groups[@]+"${groups[@]}"}
}

publish_pages() {
    "$TOOLS/python" "$ROOT/scripts/pages.py" upload "$STAGE" "$COLOUR" &&
        "$TOOLS/python" "$ROOT/scripts/pages.py" open "$STAGE" "$COLOUR"
}

# pages: what browsers get, once the code behind it is in service.
pages() {
    step "the pages: of $COLOUR" publish_pages
}

# api_collection: the last step, unless it was not wanted.
api_collection() {
    if $COLLECTION; then
        step "the API collection" run_collection
    else
        echo "The API collection is left out, as --no-collection says."
    fi
}

# deploy_data COMMAND…: what every deployment begins with; --only-data ends there, with tables that hold nothing yet.
deploy_data() {
    step "the account: a role for API Gateway's logs" "$TOOLS/python" "$ROOT/scripts/account.py" prepare
    step "the data: $DATA" "$@"
    if $ONLY_DATA; then
        ended echo "The tables and the secret of stage $STAGE are there."
        exit
    fi
}

deployed() {
    ended say_where
}

say_where() {
    echo "Stage $STAGE is deployed in $COLOUR: $(api_url)"
}

# ended COMMAND…: say what there is now, or that this was a dry run.
ended() {
    if $DRY_RUN; then
        echo "Nothing was changed: this was a dry run."
    else
        "$@"
    fi
}

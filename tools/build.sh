# shellcheck shell=bash
# Brings the jars, the engine and the start-up caches up to date. Each part costs a few
# milliseconds when nothing changed, and two launchers never build at the same time.

BUILD_WAIT_SECONDS=900

# True when module $1 has no jar, or sources newer than the start of its last good build. A
# folder's own time changes when a file in it goes away.
is_stale() {
    local module=$PROJECT/$1
    [[ -f $module/target/mooring-$1.jar && -f $module/target/mooring-$1.built ]] || return 0
    local sources=("$PROJECT/pom.xml" "$module/pom.xml" "$module/src/main")
    # The API contract is packed into the server.
    [[ $1 != server ]] || sources+=("$PROJECT/docs/api")
    # The default catalogue and prices are packed into the command line too.
    [[ $1 != cli ]] || sources+=("$PROJECT/server/src/main/resources/defaults")
    local newer
    newer=$(find "${sources[@]}" -newer "$module/target/mooring-$1.built" -print -quit 2>/dev/null)
    [[ -n $newer ]]
}

# Sets STALE to those of the modules "$@" that must be built.
find_stale() {
    STALE=()
    local module
    for module in "$@"; do
        ! is_stale "$module" || STALE+=("$module")
    done
}

# Builds those of the modules "$@" whose sources changed.
build() {
    find_stale "$@"
    ((${#STALE[@]} == 0)) || under_build_lock build_now "$@"
}

# Builds what is still stale once the lock is held: another launcher may have been faster.
build_now() {
    find_stale "$@"
    ((${#STALE[@]} > 0)) || return 0
    local module log=$PROJECT/target/build.log list
    for module in "${STALE[@]}"; do
        mkdir -p "$PROJECT/$module/target"
        touch "$PROJECT/$module/target/mooring-$module.started"
        # A running instance keeps the unlinked jar; overwriting it in place would break that one.
        rm -f "$PROJECT/$module/target/mooring-$module.jar"
    done
    list=$(IFS=,; echo "${STALE[*]}")
    if ! mvn -B -ntp -Dstyle.color=never -f "$PROJECT/pom.xml" -pl "$list" -am \
        -Dmaven.test.skip=true -Dspotless.check.skip=true package 2>&1 | tee "$log" | show_build; then
        build_failed "$log"
    fi
    for module in "${STALE[@]}"; do
        mv "$PROJECT/$module/target/mooring-$module.started" \
            "$PROJECT/$module/target/mooring-$module.built"
    done
}

# Turns Maven's output into one short line per module.
show_build() {
    local line
    [[ -d ~/.m2/repository/io/vertx ]] || say "First build: libraries are downloaded once."
    while IFS= read -r line; do
        if [[ $line =~ ^\[INFO\]\ Building\ Mooring\ ([a-z][a-z\ ]*[a-z])\  ]]; then
            say "Building the ${BASH_REMATCH[1]} …"
        fi
    done
}

# Shows what Maven had to say at the end of the log $1, without its general advice.
build_failed() {
    local advice='Re-run Maven|\[Help|full stack trace|For more info|After correcting|mvn <args>'
    grep '^\[ERROR\]' "$1" | grep -vE "$advice|^\[ERROR\] *$" | awk '!seen[$0]++' |
        head -n 20 >&2 || tail -n 20 "$1" >&2
    die 1 "The build failed; all of its output is in $1"
}

# Runs the command "$@" while no other launcher builds in this project.
under_build_lock() {
    mkdir -p "$PROJECT/target"
    if ! command -v flock >/dev/null; then
        "$@"
        return
    fi
    (
        trap 'exit 130' INT
        if ! flock -n 9; then
            say "Waiting for another build in this project …"
            flock -w "$BUILD_WAIT_SECONDS" 9 ||
                die 1 "Another build has held $PROJECT/target/build.lock for $BUILD_WAIT_SECONDS s."
        fi
        "$@" 9>&-
    ) 9>"$PROJECT/target/build.lock"
}

# Installs the bundled engine and model, unless the pinned versions are there already.
install_engine() {
    local engine=$PROJECT/engines/llamacpp pinned
    [[ -f $engine/requirements.txt ]] || return 0
    read -r pinned _ < <(cksum <"$engine/requirements.txt")
    [[ -d $engine/target/site-$pinned && $engine/target/site -ef $engine/target/site-$pinned ]] ||
        under_build_lock install_engine_now "$engine" "$pinned"
}

# Installs the engine of folder $1 into its target/site-$2, complete or not at all.
install_engine_now() {
    local target=$1/target site=$1/target/site-$2 log=$PROJECT/target/engine-install.log
    if [[ ! -d $site ]]; then
        say "Installing the engine and its model (about 110 MB, once) …"
        mkdir -p "$target"
        local new
        new=$(mktemp -d "$target/new-XXXXXX")
        # The user's index, proxy and certificates count; where and how to install does not.
        if ! env -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT -u PIP_DRY_RUN -u PYTHONPATH PIP_USER=0 \
            PIP_REQUIRE_VIRTUALENV=0 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore \
            PIP_DISABLE_PIP_VERSION_CHECK=1 "$PYTHON" -m pip install --quiet --no-deps \
            --require-hashes --target "$new" -r "$1/requirements.txt" >"$log" 2>&1; then
            rm -rf "$new"
            grep -i '^ERROR' "$log" | tail -n 3 >&2 || tail -n 3 "$log" >&2
            die 1 "The engine could not be installed (is the package index reachable?); see $log." \
                "Without it: --catalog FILE with engines that have a url:"
        fi
        chmod 755 "$new"
        mv "$new" "$site"
    fi
    ln -sfn "site-$2" "$target/site"
}

# Makes the server's start-up cache by a rehearsal, once after each build. "$@" goes to the server.
prepare_server_cache() {
    local jar=$PROJECT/server/target/mooring-server.jar
    is_cached "$jar" "$SERVER_CACHE" ||
        under_build_lock make_cache "$jar" "$SERVER_CACHE" rehearse_server "$@"
}

# Makes the command line's start-up cache, once after each build.
prepare_cli_cache() {
    local jar=$PROJECT/cli/target/mooring-cli.jar
    is_cached "$jar" "$CLI_CACHE" ||
        under_build_lock make_cache "$jar" "$CLI_CACHE" rehearse_cli
}

# True when the cache $2 was made, or tried in vain, from the jar $1 by this very JDK.
is_cached() {
    [[ $2 -nt $1 || $2.failed -nt $1 ]] && [[ -r $2.jdk && $(<"$2.jdk") == "$JDK_IDENTITY" ]]
}

# Makes the cache $2 of the jar $1 with the function $3, which gets the jar, the file to make and
# the rest. Never fatal: without a cache a program starts as well, only slower.
make_cache() {
    local new=$2.new
    ! is_cached "$1" "$2" || return 0
    say "Rehearsing ${1##*/}, once after a build, so that later starts are fast …"
    rm -f "$2" "$2.failed" "$new"
    if "$3" "$1" "$new" "${@:4}" >"${1%.jar}-rehearsal.log" 2>&1 && [[ -f $new ]]; then
        mv "$new" "$2"
    else
        touch "$2.failed"
    fi
    rm -f "$new" "$new.config"
    echo "$JDK_IDENTITY" >"$2.jdk"
}

# Starts the server jar $1 once in a throw-away data folder and asks it something; it leaves $2.
rehearse_server() {
    "$PYTHON" "$PROJECT/tools/rehearse.py" "$JAVA_HOME/bin/java" "${SERVER_FLAGS[@]}" \
        -XX:AOTCacheOutput="$2" -jar "$1" serve --port 0 --admin-port 0 \
        --engines-dir "$PROJECT/engines" --python "$PYTHON" "${@:3}"
}

# Runs the command line jar $1 once, against an address where nobody listens; it leaves $2.
rehearse_cli() {
    MOORING_KEY=none timeout 30 "$JAVA_HOME/bin/java" "${CLI_FLAGS[@]}" -XX:AOTCacheOutput="$2" \
        -jar "$1" models --url http://127.0.0.1:9 </dev/null || true
}

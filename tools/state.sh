# shellcheck shell=bash
# Reads what a server says about itself in DIR/state.json, and whether that is still true.
# shellcheck disable=SC2034 # The commands use what is set here.

# Reads DIR/state.json into STATE, PID, BASE_URL and ADMIN_URL. A state whose process is gone, or
# whose process id now belongs to another program, is a crash and nobody to send signals to.
read_state() {
    STATE=stopped PID='' BASE_URL='' ADMIN_URL='' STATE_JSON=''
    { IFS= read -r -d '' STATE_JSON <"$DIR/state.json"; } 2>/dev/null || true
    [[ -n $STATE_JSON ]] || return 0
    STATE=$(state_field state) PID=$(state_field pid)
    BASE_URL=$(state_field baseUrl) ADMIN_URL=$(state_field adminUrl)
    is_server "$PID" || STATE=crashed
}

# The top-level field $1 of STATE_JSON; those that are read here stand before anything nested.
state_field() {
    local value='"?([^",}]*)"?'
    if [[ $STATE_JSON =~ ^[^{]*\{[^][{}]*\"$1\"[[:space:]]*:[[:space:]]*$value ]]; then
        echo "${BASH_REMATCH[1]}"
    fi
}

# True when process $1 is a server on the folder DIR.
is_server() {
    local argv=() i server='' folder=''
    [[ $1 =~ ^[0-9]+$ ]] || return 1
    if [[ ! -d /proc/self ]]; then
        [[ $(ps -o command= -p "$1") == *mooring-server.jar*"$DIR"* ]]
        return
    fi
    { mapfile -d '' -t argv <"/proc/$1/cmdline"; } 2>/dev/null || return 1
    for ((i = 0; i < ${#argv[@]}; i++)); do
        case ${argv[i]} in
            */mooring-server.jar | mooring.app.Main) server=yes ;;
            --data-dir) folder=${argv[i + 1]-} ;;
            --data-dir=*) folder=${argv[i]#*=} ;;
        esac
    done
    [[ -n $server && $folder -ef $DIR ]]
}

# True when the server process $1 is gone before $2 seconds have passed.
ends_within() {
    local deadline=$((SECONDS + $2))
    while is_server "$1"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# Prints STATE_JSON as it is, with the truth about a server that is gone or was never there.
print_state_json() {
    local folder=${DIR//\\/\\\\} said='^([^{]*\{[^][{}]*"state"[[:space:]]*:[[:space:]]*")[^"]*(.*)$'
    if [[ $STATE == crashed && $STATE_JSON =~ $said ]]; then
        echo "${BASH_REMATCH[1]}crashed${BASH_REMATCH[2]}"
    elif [[ $STATE_JSON ]]; then
        echo "$STATE_JSON"
    else
        printf '{"state":"stopped","pid":null,"baseUrl":null,"adminUrl":null,"dataDir":"%s",' \
            "${folder//\"/\\\"}"
        echo '"database":null,"engines":[]}'
    fi
}

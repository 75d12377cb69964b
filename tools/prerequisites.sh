# shellcheck shell=bash
# Finds the JDK, Maven, Node and Python that Mooring needs, and says what to install when one is
# missing. A passed check is remembered in target/prerequisites, so that later starts pay nothing.

# The JDK major version of the folder $1, or nothing when that is not a JDK with a compiler.
jdk_version() {
    [[ -x $1/bin/java && -x $1/bin/javac && -r $1/release ]] || return 0
    local line
    while IFS= read -r line; do
        if [[ $line =~ ^JAVA_VERSION=\"([0-9]+) ]]; then
            echo "${BASH_REMATCH[1]}"
        fi
    done <"$1/release"
}

# All folders that may be a JDK, the user's own choice first.
jdk_candidates() {
    [[ -z ${JAVA_HOME-} ]] || echo "$JAVA_HOME"
    local java home
    if java=$(command -v java) && java=$(readlink -f "$java"); then
        echo "${java%/bin/java}"
    fi
    for home in /usr/lib/jvm/* /opt/* /opt/*/* ~/.sdkman/candidates/java/* ~/.jdks/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home; do
        [[ ! -x $home/bin/javac ]] || echo "$home"
    done
    if [[ -x /usr/libexec/java_home ]]; then
        /usr/libexec/java_home -v 25+ 2>/dev/null || true
    fi
}

# Sets JAVA_HOME to the first JDK that is new enough, or reports the newest one found.
find_jdk() {
    local home version newest=0
    while IFS= read -r home; do
        version=$(jdk_version "$home")
        if ((${version:-0} >= 25)); then
            export JAVA_HOME=$home
            return
        fi
        ((${version:-0} <= newest)) || newest=$version
    done < <(jdk_candidates)
    local found="none with a compiler"
    ((newest == 0)) || found="JDK $newest"
    missing "JDK" "$found" "25 or later" \
        "apt install openjdk-25-jdk, or dnf install java-25-openjdk-devel," \
        "or brew install openjdk; elsewhere https://adoptium.net (set JAVA_HOME if it is not found)"
}

# Says that Maven is missing or too old.
check_maven() {
    local found="none"
    if command -v mvn >/dev/null; then
        found=$(mvn -v 2>&1 || true)
        if [[ $found =~ Apache\ Maven\ (([0-9]+)\.([0-9]+)[^[:space:]]*) ]]; then
            at_least "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" 3 8 && return
            found=${BASH_REMATCH[1]}
        else
            found="one that does not start (mvn -v fails)"
        fi
    fi
    missing "Maven" "$found" "3.8 or later" \
        "apt install maven, or dnf install maven, or brew install maven"
}

# Says that Node or npm is missing or too old.
check_node() {
    local found="none"
    if command -v node >/dev/null; then
        found=$(node -v 2>&1 || true)
        if [[ $found =~ ^v([0-9]+)\. ]] && ((BASH_REMATCH[1] >= 20)); then
            npm -v >/dev/null 2>&1 && return
            found="$found without npm"
        fi
    fi
    missing "Node with npm" "$found" "20 or later" \
        "apt install nodejs npm, or dnf install nodejs-npm, or brew install node;" \
        "when that is too old https://nodejs.org/en/download"
}

# Sets PYTHON to the first interpreter that is new enough and has pip.
find_python() {
    local name found="none" probe version
    probe='import sys; print(sys.executable, *sys.version_info[:2], sep="\n")'
    for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do
        mapfile -t version < <("$name" -c "$probe" 2>/dev/null || true)
        [[ ${#version[@]} == 3 ]] || continue
        if ! at_least "${version[1]}" "${version[2]}" 3 10; then
            [[ $found != none ]] || found="Python ${version[1]}.${version[2]}"
        elif ! "${version[0]}" -m pip --version >/dev/null 2>&1; then
            found="Python ${version[1]}.${version[2]} without pip"
        else
            PYTHON=${version[0]}
            return
        fi
    done
    missing "Python with pip" "$found" "3.10 or later" \
        "apt install python3 python3-pip, or dnf install python3 python3-pip," \
        "or brew install python"
}

# Notes that part $1 was found as $2 although $3 is needed, and how to install it (the rest).
missing() {
    MISSING+=("$1: found $2, needs $3. Install: ${*:4}.")
}

# True when version $1.$2 is $3.$4 or later.
at_least() {
    (($1 > $3 || ($1 == $3 && $2 >= $4)))
}

# The embedded database and engine are Linux programs; elsewhere both must come from outside.
check_platform() {
    local kind
    kind="$(uname -s) $(uname -m)"
    case $kind in
        "Linux x86_64") [[ ! -e /lib64/ld-linux-x86-64.so.2 ]] || return 0 ;;
        "Linux aarch64") [[ ! -e /lib/ld-linux-aarch64.so.1 ]] || return 0 ;;
    esac
    [[ -z ${EXTERNAL_DATABASE-} ]] || return 0
    MISSING+=("Platform: found $kind, needs Linux on x86-64 or arm64 with glibc. Use a Linux\
 container (on Windows WSL), or give --database-url and a --catalog whose engines have a url:.")
}

# Checks everything at once and ends with a line for each missing part.
check_prerequisites() {
    local asked="$PATH|${JAVA_HOME-}|$HOME|${EXTERNAL_DATABASE-}" memo=$PROJECT/target/prerequisites
    if ! recall_prerequisites "$memo" "$asked"; then
        MISSING=()
        check_platform
        find_jdk
        check_maven
        check_node
        find_python
        if ((${#MISSING[@]} > 0)); then
            printf 'mooring: %s\n' "${MISSING[@]}" >&2
            exit 1
        fi
        identify_jdk
        mkdir -p "$PROJECT/target"
        printf '%s\n' "$asked" "$JAVA_HOME" "$JDK_IDENTITY" "$PYTHON" >"$memo.$$"
        mv "$memo.$$" "$memo"
    fi
    export JAVA_HOME PATH=$JAVA_HOME/bin:$PATH
}

# Sets what a cache made by this JDK is good for: only the very same build of it.
identify_jdk() {
    JDK_IDENTITY="$JAVA_HOME $(cksum <"$JAVA_HOME/release")"
}

# Takes JAVA_HOME and PYTHON from the memo $1 if it answers the question $2 and still holds.
recall_prerequisites() {
    local known home identity python
    [[ -r $1 ]] || return 1
    { read -r known && read -r home && read -r identity && read -r python; } <"$1" || return 1
    [[ $known == "$2" && -x $home/bin/javac && -x $python ]] || return 1
    type mvn node npm >/dev/null 2>&1 || return 1
    JAVA_HOME=$home PYTHON=$python
    identify_jdk
    [[ $identity == "$JDK_IDENTITY" ]]
}

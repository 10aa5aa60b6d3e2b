# Sourced by each example's run.sh, which is told in these words: it prints each command and its output, works in a
# temporary directory that holds a copy of the example's files, and leaves nothing behind.
# Uses the binary in PILOTLIGHT_BINARY, or else `pilotlight` from PATH.
set -euo pipefail

binary=${PILOTLIGHT_BINARY:-pilotlight}
case $binary in */*) binary=$(realpath "$binary") ;; esac
port=${PILOTLIGHT_API_PORT:-7460}
# Settings of the caller's shell must not leak into the walk, but for those with which a slow machine is waited for.
for variable in $(compgen -e PILOTLIGHT_ || true); do
    case $variable in PILOTLIGHT_TEST_* | PILOTLIGHT_HEALTH_TIMEOUT) ;; *) unset "$variable" ;; esac
done

example=$(basename "$(dirname "$(realpath "$0")")")
work=$(mktemp -d "${TMPDIR:-/tmp}/pilotlight.XXXXXX")
cp -R "$(dirname "$(realpath "$0")")/." "$work"
cd "$work"
processes=()
finish() {
    status=$?
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    for process in "${processes[@]}"; do wait "$process" 2>/dev/null || true; done
    if [ "$status" -ne 0 ]; then
        for log in "$work"/*.log; do echo "--- $log"; tail -n 20 "$log"; done >&2
    fi
    rm -rf "$work"
}
trap finish EXIT

# Three ports beside each other that nobody listens on: the default ones where they are free.
in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
while in_use "$port" || in_use $((port + 1)) || in_use $((port + 2)); do port=$((port + 10)); done
export PILOTLIGHT_API_PORT=$port PILOTLIGHT_PUBLISH_PORT=$((port + 1)) PILOTLIGHT_SYNC_PORT=$((port + 2))
# free_ports COUNT: the first of so many ports beside each other that nobody listens on, behind those.
free_ports() {
    local first=$((port + 3)) next=$((port + 3))
    while [ $next -lt $((first + $1)) ]; do
        if in_use $next; then first=$((next + 1)); fi
        next=$((next + 1))
    done
    printf '%s' "$first"
}
export PILOTLIGHT_CONTROL_URL=http://127.0.0.1:$port
export PILOTLIGHT_SOCKET=agent.sock PILOTLIGHT_ACTOR=ann

fail() {
    echo "$example: $*" >&2
    exit 1
}
step() { printf '\n# %s\n' "$*"; }
# A command line, its words quoted where they must be.
show() {
    local word line='$'
    for word; do
        case $word in *[!A-Za-z0-9_./:=,-]*) line+=" '$word'" ;; *) line+=" $word" ;; esac
    done
    printf '%s\n' "$line"
}
pilotlight() {
    show pilotlight "$@"
    "$binary" "$@" 2>&1
}
# refused ARGUMENTS…: a command that must be refused.
refused() {
    if pilotlight "$@"; then fail "expected to be refused"; fi
}
# expect VALUE ARGUMENTS…: a lookup that must answer VALUE.
expect() {
    local value=$1 output
    shift
    show pilotlight lookup "$@"
    output=$("$binary" lookup "$@")
    printf '%s\n' "$output"
    [ "${output%%$'\n'*}" = "$value" ] || fail "expected $value"
}
# start NAME ARGUMENTS…: a process in the background, whose log is NAME.log.
start() {
    local name=$1
    shift
    printf '%s &\n' "$(show pilotlight "$@")"
    "$binary" "$@" 2>>"$name.log" &
    processes+=($!)
    printf '%s' "$!" >"$name.pid"
}
# background NAME COMMAND…: as `start` does it, for other commands, whose output is in NAME.out.
background() {
    local name=$1
    shift
    printf '%s &\n' "$(show "$@")"
    : >"$name.out"
    "$@" >>"$name.out" 2>>"$name.log" &
    processes+=($!)
    printf '%s' "$!" >"$name.pid"
}
# stop NAME: as an orderly shut-down does it.
stop() {
    printf '$ kill %s\n' "$(cat "$1.pid")"
    { kill "$(cat "$1.pid")" && wait "$(cat "$1.pid")" || true; } 2>/dev/null
}
# until_listening ADDRESS:PORT: waits until somebody listens there.
until_listening() {
    for _ in $(seq 2400); do in_use "${1#*:}" && return || sleep 0.05; done
    fail "nobody listens on $1"
}
# until_well NAME ARGUMENTS…: waits until `pilotlight health ARGUMENTS…` says that the process NAME is well.
until_well() {
    local name=$1
    shift
    for _ in $(seq 2400); do
        "$binary" health "$@" >/dev/null 2>&1 && return
        kill -0 "$(cat "$name.pid")" 2>/dev/null || fail "$name ended"
        sleep 0.05
    done
    fail "$name is not well"
}
# kill_9 NAME: as a crash does it.
kill_9() {
    printf '$ kill -9 %s\n' "$(cat "$1.pid")"
    { kill -9 "$(cat "$1.pid")" && wait "$(cat "$1.pid")" || true; } 2>/dev/null
}
# start_control ARGUMENTS…
start_control() {
    start control control --data control "$@"
    until_well control --url "$PILOTLIGHT_CONTROL_URL"
}
# start_agent ARGUMENTS…: returns when it holds confirmed state and hears the control node.
start_agent() {
    start agent agent --control 127.0.0.1 --data agent "$@"
    until_agent_says fresh
}
# until_agent_says WORD: waits until the agent's health says so.
until_agent_says() {
    for _ in $(seq 2400); do
        case $("$binary" health 2>/dev/null || true) in *"$1"*) return ;; esac
        kill -0 "$(cat agent.pid)" 2>/dev/null || fail "the agent ended"
        sleep 0.05
    done
    fail "the agent doesn't say $1"
}

#!/usr/bin/env bash
# A Swift service that looks up a flag, is told of a change, loses its agent and finds it again. Prints each command and
# its output. Uses the binaries in PILOTLIGHT_BINARY and SHOP_BINARY, or else `pilotlight` from PATH, and builds the shop.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD

pilotlight_binary=${PILOTLIGHT_BINARY:-pilotlight}
shop=${SHOP_BINARY:-}
unset PILOTLIGHT_BINARY SHOP_BINARY
if [ -z "$shop" ]; then
    (cd ../.. && swift build --product swift-client-example >&2)
    shop=$(cd ../.. && swift build --show-bin-path)/swift-client-example
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/pilotlight.XXXXXX")
# The socket's path stands in what the shop prints: a short one.
cd "$work"
processes=()
finish() {
    status=$?
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    for process in "${processes[@]}"; do wait "$process" 2>/dev/null || true; done
    if [ "$status" -ne 0 ]; then
        for log in "$work"/*.log "$work/shop.out"; do echo "--- $log"; tail -n 20 "$log"; done >&2
    fi
    rm -rf "$work"
}
trap finish EXIT

# Three ports beside each other that nobody listens on: the default ones where they are free.
port=7460
in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
while in_use "$port" || in_use $((port + 1)) || in_use $((port + 2)); do port=$((port + 10)); done
export PILOTLIGHT_API_PORT=$port PILOTLIGHT_PUBLISH_PORT=$((port + 1)) PILOTLIGHT_SYNC_PORT=$((port + 2))
export PILOTLIGHT_CONTROL_URL=http://127.0.0.1:$port
export PILOTLIGHT_SOCKET=agent.sock

step() { printf '\n# %s\n' "$*"; }
pilotlight() { printf '$ pilotlight %s\n' "$*"; "$pilotlight_binary" "$@"; }
start() {
    local name=$1
    shift
    printf '$ pilotlight %s &\n' "$*"
    "$pilotlight_binary" "$@" 2>>"$name.log" &
    processes+=($!)
}
start_agent() {
    start agent agent --control 127.0.0.1 --data agent --service shop
    agent=${processes[-1]}
}

# shop_says TEXT: waits until the shop's next line is printed, and it must be TEXT.
heard=0
shop_says() {
    local line=
    for _ in $(seq 600); do
        line=$(sed -n "$((heard + 1))p" shop.out)
        [ -n "$line" ] && break
        sleep 0.05
    done
    heard=$((heard + 1))
    printf '%s\n' "$line"
    [ "$line" = "$1" ] || { echo "swift-client: expected: $1" >&2; exit 1; }
}
# ask USER TEXT: sends the user to the shop, which must print TEXT.
ask() {
    printf '> %s\n' "$1"
    echo "$1" >&3
    shop_says "$1: $2"
}

step "A control node, an agent, and flags"
start control control --data control
control=${processes[0]}
start_agent
for _ in $(seq 100); do
    "$pilotlight_binary" environment list >/dev/null 2>&1 && break
    kill -0 "$control" 2>/dev/null || { echo "swift-client: the control node ended" >&2; exit 1; }
    sleep 0.1
done
cp "$here/flags.json" .
pilotlight apply flags.json
pilotlight fleet --wait --expect 1 >fleet.log

step "The shop: each line names a user, and it says which checkout they get"
mkfifo users
printf '$ swift-client-example\n'
"$shop" <users >shop.out 2>shop.log &
processes+=($!)
exec 3>users
shop_says "changed: maybe everything, revision 1"
ask ann "new checkout (TARGETING_MATCH)"
ask bob "old checkout (DEFAULT)"

step "A change arrives by itself"
pilotlight pilot add early-birds bob
shop_says "changed: new-checkout, revision 2"
ask bob "new checkout (TARGETING_MATCH)"

step "Stop the agent: the default, with the reason"
printf '$ kill %s\n' "$agent"
kill "$agent"
wait "$agent" || true
ask bob "old checkout (agent unreachable at agent.sock: there is no such socket)"

step "Start it again: right again, and told so"
start_agent
shop_says "changed: maybe everything, revision 2"
ask bob "new checkout (TARGETING_MATCH)"

exec 3>&-
wait "${processes[2]}"
printf '\nDone. Nothing of this is left running.\n'

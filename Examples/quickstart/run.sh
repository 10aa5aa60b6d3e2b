#!/usr/bin/env bash
# One change, from an operator to a user, with the control node killed at the end. Prints each command and its output.
# Uses the binary in PILOTLIGHT_BINARY, or else `pilotlight` from PATH.
set -euo pipefail
cd "$(dirname "$0")"

binary=${PILOTLIGHT_BINARY:-pilotlight}
unset PILOTLIGHT_BINARY
work=$(mktemp -d "${TMPDIR:-/tmp}/pilotlight.XXXXXX")
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
port=7460
in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
while in_use "$port" || in_use $((port + 1)) || in_use $((port + 2)); do port=$((port + 10)); done
export PILOTLIGHT_API_PORT=$port PILOTLIGHT_PUBLISH_PORT=$((port + 1)) PILOTLIGHT_SYNC_PORT=$((port + 2))
export PILOTLIGHT_CONTROL_URL=http://127.0.0.1:$port
export PILOTLIGHT_SOCKET=$work/agent.sock

step() { printf '\n# %s\n' "$*"; }
pilotlight() { printf '$ pilotlight %s\n' "$*"; "$binary" "$@"; }
start() {
    local name=$1
    shift
    printf '$ pilotlight %s &\n' "$*"
    "$binary" "$@" 2>"$work/$name.log" &
    processes+=($!)
}
# expect VALUE ARGUMENTS…: a lookup that must answer VALUE.
expect() {
    local value=$1 output
    shift
    printf '$ pilotlight lookup %s\n' "$*"
    output=$("$binary" lookup "$@")
    printf '%s\n' "$output"
    [ "${output%%$'\n'*}" = "$value" ] || { echo "quickstart: expected $value" >&2; exit 1; }
}

step "A control node, and an agent beside your service"
start control control --data "$work/control"
control=${processes[0]}
start agent agent --control 127.0.0.1 --data "$work/agent" --service shop --service-version 1.4.2
for _ in $(seq 100); do
    "$binary" environment list >/dev/null 2>&1 && break
    kill -0 "$control" 2>/dev/null || { echo "quickstart: the control node ended" >&2; exit 1; }
    sleep 0.1
done

step "Publish flags: the new checkout is for a pilot group that nobody is in yet"
pilotlight apply flags.json
pilotlight fleet --wait --expect 1

step "What do Ann and Bob get?"
expect false new-checkout --targeting-key ann
expect false new-checkout --targeting-key bob

step "Release it to Ann, and know that every agent has it"
pilotlight pilot add early-birds ann
pilotlight fleet --wait
expect true new-checkout --targeting-key ann
expect false new-checkout --targeting-key bob

step "Kill the control node"
printf '$ kill -9 %s\n' "$control"
kill -9 "$control"
wait "$control" 2>/dev/null || true

step "The answer is still there"
expect true new-checkout --targeting-key ann

printf '\nDone. Nothing of this is left running.\n'

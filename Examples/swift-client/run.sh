#!/usr/bin/env bash
# A Swift service that looks up a flag, is told of a change, loses its agent and finds it again. The service is the
# `swift-client-example` beside the binary, or is built.
root=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/../walk.sh"

shop=$(dirname "$(command -v "$binary")")/swift-client-example
if [ ! -x "$shop" ]; then
    (cd "$root" && swift build --product swift-client-example >"$work/build.log" 2>&1)
    shop=$(cd "$root" && swift build --show-bin-path)/swift-client-example
fi

# hear: waits for what the shop prints next.
heard=0
hear() {
    line=
    for _ in $(seq 2400); do
        line=$(sed -n "$((heard + 1))p" shop.out)
        [ -n "$line" ] && break
        sleep 0.05
    done
    heard=$((heard + 1))
}
# shop_says LINE: waits for what the shop prints next, which must be LINE.
shop_says() {
    hear
    printf '%s\n' "$line"
    [ "$line" = "$1" ] || fail "expected: $1"
}
# ask USER ANSWER: a line for the shop, and what it must say to it.
ask() {
    printf '> %s\n' "$1"
    echo "$1" >&3
    hear
    # It waits for its agent for a moment only, which may be too short on a machine that is overrun.
    while [[ $line == *"deadline exceeded"* ]]; do
        echo "$1" >&3
        hear
    done
    heard=$((heard - 1))
    shop_says "$1: $2"
}

step "A control node, an agent, and a flag for a pilot group"
start_control
start_agent --service shop
pilotlight apply flags.json
pilotlight fleet --wait

step "The shop takes a user's name on each line, and says which checkout they get"
mkfifo users
show swift-client-example
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

step "Without an agent: the default, and the reason"
echo '$ kill $(cat agent.pid)'
kill "$(cat agent.pid)"
wait "$(cat agent.pid)" || true
ask bob "old checkout (agent unreachable at agent.sock: there is no such socket)"

step "The agent is back: right again, and told so"
# Only this script may hold the shop's input open.
start_agent --service shop 3>&-
shop_says "changed: maybe everything, revision 2"
ask bob "new checkout (TARGETING_MATCH)"

# The end of its input ends the shop.
exec 3>&-
wait "${processes[-2]}"
printf '\nDone. Nothing of this is left running.\n'

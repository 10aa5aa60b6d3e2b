#!/usr/bin/env bash
# A service in a shell script, which looks up flags by the command and by curl, with and without an agent.
. "$(dirname "$0")/../walk.sh"

# greet.sh calls pilotlight by its name.
mkdir bin
ln -s "$(command -v "$binary")" bin/pilotlight
greet() {
    show ./greet.sh "$@"
    PATH=$work/bin:$PATH ./greet.sh "$@"
}

step "A control node, an agent, two flags"
start_control
start_agent --service greeter
pilotlight apply flags.json
pilotlight fleet --wait

step "The service asks for each user"
greet ann 7 CH
greet bob 1 DE

step "What curl gets"
post() {
    show curl -s --unix-socket agent.sock --data "$2" "http://agent$1"
    curl -s --unix-socket agent.sock --data "$2" "http://agent$1"
    echo
}
post /ofrep/v1/evaluate/flags/greeting '{"context": {"targetingKey": "ann", "visits": 7}}'
post /ofrep/v1/evaluate/flags/no-such-flag '{"context": {"targetingKey": "ann"}}'
post /ofrep/v1/evaluate/flags '{"context": {"targetingKey": "bob", "country": "LI"}}'

step "Without an agent the service goes on with its own defaults"
kill_9 agent
greet ann 7 CH

printf '\nDone. Nothing of this is left running.\n'

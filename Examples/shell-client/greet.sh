#!/usr/bin/env bash
# greet.sh USER VISITS COUNTRY: a service, as small as one can be. It asks the agent on its machine and has an answer of
# its own for when there is none.
set -euo pipefail
user=$1 visits=$2 country=$3
socket=${PILOTLIGHT_SOCKET:-/run/pilotlight/agent.sock}

# By the command: the first line is the value, as JSON. It fails when the agent has no value to give.
greeting=$(pilotlight lookup greeting --targeting-key "$user" --context "visits=$visits" 2>/dev/null | head -n 1) ||
    greeting='"Hello (by default)"'

# By OFREP with nothing but curl: the member "value" of the answer.
answer=$(curl --silent --fail --max-time 10 --unix-socket "$socket" \
    --data "{\"context\": {\"targetingKey\": \"$user\", \"country\": \"$country\"}}" \
    http://agent/ofrep/v1/evaluate/flags/free-delivery) || answer='{"value":false}'
case $answer in
    *'"value":true'*) delivery=free ;;
    *) delivery='5.00' ;;
esac

printf '%s, %s. Delivery: %s\n' "${greeting//\"/}" "$user" "$delivery"

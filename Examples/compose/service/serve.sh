#!/usr/bin/env bash
# A service that says every two seconds who gets the new checkout. It has an answer of its own for when no agent is there.
trap 'exit 0' TERM INT
while true; do
    for user in ${USERS:-ann}; do
        answer=$(curl --silent --fail --max-time 1 --unix-socket /run/pilotlight/agent.sock \
            --data "{\"context\": {\"targetingKey\": \"$user\"}}" \
            http://agent/ofrep/v1/evaluate/flags/new-checkout) || answer='the old checkout, by default'
        echo "$user: $answer"
    done
    sleep "${PAUSE:-2}" &
    wait $!
done

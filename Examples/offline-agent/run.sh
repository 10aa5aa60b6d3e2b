#!/usr/bin/env bash
# What an agent does without its control node: it answers on, it starts from its cache, it says how old its answers are,
# and it catches up by itself.
. "$(dirname "$0")/../walk.sh"

step "An agent that never had a control node says so at once"
start agent agent --control 127.0.0.1 --data agent --stale-after 1s
until_well agent
pilotlight health
refused lookup free-delivery

step "The control node comes: the agent finds it by itself"
start_control
pilotlight apply flags.json
pilotlight fleet --wait --expect 1
until_agent_says fresh
expect true free-delivery

step "The control node dies, and then the agent, too"
kill_9 control
kill_9 agent

step "The agent starts from its cache, answers, and says that its answers are stale"
start agent agent --control 127.0.0.1 --data agent --stale-after 1s
until_well agent --ready
pilotlight health
expect true free-delivery

step "What a service sees of it, in headers"
url=http://agent/ofrep/v1/evaluate/flags/free-delivery
printf '$ curl -si --unix-socket agent.sock -X POST %s | grep Pilotlight\n' $url
curl -si --unix-socket agent.sock -X POST $url | tr -d '\r' | grep Pilotlight

step "The control node is back, with a change"
start_control
pilotlight flag default free-delivery off
pilotlight fleet --wait
until_agent_says fresh
expect false free-delivery

printf '\nDone. Nothing of this is left running.\n'

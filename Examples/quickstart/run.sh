#!/usr/bin/env bash
# One change, from an operator to a user, and a release to everyone that is taken back, with the control node killed at the end. Prints each command and its output.
# Uses the binary in PILOTLIGHT_BINARY, or else `pilotlight` from PATH.
. "$(dirname "$0")/../walk.sh"

step "A control node, and an agent beside your service"
start_control
start_agent --service shop --service-version 1.4.2

step "Publish flags: the new checkout is for a pilot group that nobody is in yet"
pilotlight apply flags.json
pilotlight fleet --wait --expect 1

step "What do Ann and Bob get?"
expect false new-checkout --targeting-key ann
expect false new-checkout --targeting-key bob

step "Give it to Ann, and know that every agent has it"
pilotlight pilot add early-birds ann
pilotlight fleet --wait
expect true new-checkout --targeting-key ann
expect false new-checkout --targeting-key bob

step "Release it to everyone, and take that back"
pilotlight release create release.yaml
pilotlight release start new-checkout
pilotlight fleet --wait
expect true new-checkout --targeting-key bob
pilotlight release rollback new-checkout
pilotlight fleet --wait
expect false new-checkout --targeting-key bob

step "Kill the control node"
kill_9 control

step "The answer is still there"
expect true new-checkout --targeting-key ann

printf '\nDone. Nothing of this is left running.\n'

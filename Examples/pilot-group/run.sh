#!/usr/bin/env bash
# Two flags for one group of people: made, filled from a file, changed one by one, and ended by a launch for everyone.
. "$(dirname "$0")/../walk.sh"

step "A control node, and an agent beside your service"
start_control
start_agent --service shop

step "A flag can't name a group that isn't there"
refused apply flags.json

step "Make the group, publish the flags, fill the group from a file"
pilotlight pilot create staff
pilotlight apply flags.json
pilotlight pilot add staff --from staff.txt
pilotlight pilot show staff
pilotlight fleet --wait

step "Both flags follow the group"
expect true new-search --targeting-key ann
expect 50 search-page-size --targeting-key ann
expect 10 search-page-size --targeting-key zoe

step "Somebody leaves, somebody joins"
pilotlight pilot remove staff ann
pilotlight pilot add staff zoe
pilotlight fleet --wait
expect false new-search --targeting-key ann
expect true new-search --targeting-key zoe

step "Everyone gets it: the group only says who was first"
pilotlight flag default new-search on
pilotlight fleet --wait
expect true new-search --targeting-key ann

step "The group can't go while a flag names it"
refused pilot delete staff --yes

printf '\nDone. Nothing of this is left running.\n'

#!/usr/bin/env bash
# A flag for a few, for more, for everyone in time; killed, and back as it was.
. "$(dirname "$0")/../walk.sh"

step "A control node, and an agent beside your service"
start_control
start_agent --service shop
for number in $(seq 1 1000); do echo "user-$number"; done >users.txt

step "For nobody yet; then for 5 % of users and for a pilot group, but not for Ben"
pilotlight apply flags.json --message "The new search is deployed"
pilotlight flag ramp new-search --variant on --percent 5 --pilot early-birds --exclude ben
pilotlight fleet --wait
expect true new-search --targeting-key ann
expect false new-search --targeting-key ben
pilotlight who new-search --keys-from users.txt

step "Why does somebody get what they get?"
pilotlight explain new-search --targeting-key user-4

step "Whose answers would a file change? Nothing is published"
pilotlight apply half.json --dry-run --keys-from users.txt

step "Raise the share; whoever has it keeps it"
pilotlight flag ramp new-search --percent 20 --message "No complaints"
pilotlight fleet --wait
pilotlight who new-search --keys-from users.txt

step "Let it rise to everyone by itself, within two hours"
pilotlight flag ramp new-search --percent 100 --over 2h --message "Till noon"
pilotlight flag list

step "The search fails: everyone gets the off variant at once"
pilotlight flag kill new-search --message "Timeouts"
pilotlight fleet --wait
expect false new-search --targeting-key ann
pilotlight who new-search --keys-from users.txt
pilotlight flag list

step "It is mended: the ramp is where it would have been"
pilotlight flag unkill new-search --message "Index rebuilt"
pilotlight fleet --wait
expect true new-search --targeting-key ann
expect false new-search --targeting-key ben

step "Who did what, and why"
pilotlight history new-search

printf '\nDone. Nothing of this is left running.\n'

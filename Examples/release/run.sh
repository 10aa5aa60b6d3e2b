#!/usr/bin/env bash
# One release of a flag and two components: to the staff, to pilot customers, to 10 %, to everyone, and back. An old
# instance joins in the middle of it.
. "$(dirname "$0")/../walk.sh"

shop=127.0.0.1:$(free_ports 7)
first=${shop#*:}
at() { printf '127.0.0.1:%s' $((first + $1)); }
old_shop=$(at 1) hook=$(at 6)

# instance NAME SERVICE VERSION PLACE: one of a service, there, and an agent beside it; NAME is the agent's.
instance() {
    background "$1-service" python3 service.py "$2" "$3" "$4" "$1.sock"
    until_listening "$4"
    start "$1" agent --control 127.0.0.1 --data "$1" --socket "$1.sock" --name "$1" \
        --service "$2" --service-version "$3" --health "http://$4/health"
    until_well "$1" --socket "$1.sock"
}
# deploy NAME SERVICE VERSION PLACE: what a pipeline does.
deploy() {
    instance "$@"
    pilotlight deployment record "$2" "$3" --upstream "$4" --verify "http://$4/health"
}
# people ARGUMENTS…: everybody opens the shop's page.
people() {
    show python3 people.py "$@"
    python3 people.py "$@" || fail "somebody got a part of the release, or what nobody should have"
}
# until_release CONDITION: waits until that is so, in Python's words, of the release's JSON.
until_release() {
    for _ in $(seq 2400); do
        "$binary" release show gift-wrapping --json |
            python3 -c "import json, sys; release = json.load(sys.stdin); sys.exit(not ($1))" && return
        sleep 0.05
    done
    fail "the release never gets there: $1"
}
# feeds: both feeds as they stand, checked.
feeds() {
    show python3 feeds.py "$PILOTLIGHT_CONTROL_URL/v1/environments/production"
    python3 feeds.py "$PILOTLIGHT_CONTROL_URL/v1/environments/production"
}
# told NUMBER: what the receiver printed, once it has had so many messages in all.
told() {
    for _ in $(seq 2400); do
        [ "$(grep -c '^release' receiver.out)" -lt "$1" ] || break
        sleep 0.05
    done
    printf '$ cat receiver.out\n'
    cat receiver.out
    [ "$(grep -c '^release' receiver.out)" -eq "$1" ] || fail "expected $1 announcements"
}

step "A control node that announces releases to a receiver, with a secret that the two share"
python3 -c 'import base64, os; print("whsec_" + base64.b64encode(os.urandom(32)).decode())' >secret
background receiver python3 receiver.py "$hook" secret
until_listening "$hook"
start_control --webhook "http://$hook/" --webhook-secret-file secret

step "A shop, its checkout and its cart: three services, each with an agent of its own; the pipeline records each"
deploy shop shop 2.1.0 "$shop"
deploy checkout-blue checkout 1.4.2 "$(at 2)"
deploy cart-blue cart 3.0.0 "$(at 3)"
pilotlight component create checkout --version 1.4.2 --upstream "$(at 2)"
pilotlight component create cart --version 3.0.0 --upstream "$(at 3)"
pilotlight apply flags.json
pilotlight pilot create staff
pilotlight pilot add staff --from staff.txt
pilotlight pilot create pilot-customers
pilotlight pilot add pilot-customers --from pilot-customers.txt
pilotlight fleet --wait --expect 3

step "The release is planned. What it needs isn't there yet, so it can't start"
pilotlight component add-version checkout 1.5.0 --upstream "$(at 4)"
pilotlight component add-version cart 3.1.0 --upstream "$(at 5)"
pilotlight release create gift-wrapping.yaml
refused release start gift-wrapping

step "The new versions are put beside the old ones. Nobody gets them by that"
deploy checkout-green checkout 1.5.0 "$(at 4)"
deploy cart-green cart 3.1.0 "$(at 5)"
pilotlight fleet --wait --expect 5
until_release 'release["gate"]["verdict"] == "green"'
pilotlight deployment list
pilotlight status
people "$shop" --keep before.json

step "The staff gets it"
pilotlight release start gift-wrapping --message "Ours first"
pilotlight fleet --wait
people "$shop"

step "Pilot customers get it"
pilotlight release advance gift-wrapping
pilotlight fleet --wait
people "$shop"

step "10 % get it"
pilotlight release advance gift-wrapping --message "Pilots like it"
pilotlight fleet --wait
people "$shop"

step "An old shop comes back. It gives nobody the release, and the release is held"
instance old-shop shop 2.0.9 "$old_shop"
people "$old_shop" --compare before.json
until_release 'release["state"] == "held"'
pilotlight release show gift-wrapping
pilotlight deployment list shop
refused release resume gift-wrapping
people "$shop"

step "It goes, and the release goes on"
stop old-shop
stop old-shop-service
until_release 'release["gate"]["verdict"] == "green"'
pilotlight release resume gift-wrapping --message "The old shop is gone"

step "It is launched: the pilot ends, everyone has it by default, and it is announced"
pilotlight release launch gift-wrapping --message "For everyone"
pilotlight fleet --wait
people "$shop"
pilotlight status
pilotlight flag list --stale
pilotlight release notes gift-wrapping --audience support
told 2
feeds

step "It is taken back by one command, and no machine is touched for it"
pilotlight release rollback gift-wrapping --message "No more paper"
pilotlight fleet --wait
people "$shop" --compare before.json
told 3
feeds

printf '\nDone. Nothing of this is left running.\n'

#!/usr/bin/env bash
# Two sides of a shop behind nginx, which asks the agent who goes where; users move from blue to green under traffic.
. "$(dirname "$0")/../walk.sh"

# Debian keeps it where only root's PATH looks.
PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || fail "there is no nginx here: apt-get install nginx"
shop=$(free_ports 3)

# visit SIDE ARGUMENTS…: a visit that must be served by SIDE.
visit() {
    local side=$1 output
    shift
    show curl -s "$@" "http://127.0.0.1:$shop/"
    for _ in $(seq 100); do
        output=$(curl -s "$@" "http://127.0.0.1:$shop/")
        # nginx waits for the agent for a moment only, which may be too short on a machine that is overrun.
        [[ $output == *"version none" ]] && kill -0 "$(cat agent.pid)" 2>/dev/null || break
    done
    printf '%s\n' "$output"
    [ "${output%%,*}" = "$side" ] || fail "expected $side"
}
# Waits until everyone of the traffic has been there from now on.
everyone_visits() {
    local before
    before=$(wc -l <traffic.out)
    for _ in $(seq 2400); do
        [ "$(wc -l <traffic.out)" -lt $((before + 2)) ] || return 0
        kill -0 "$(cat traffic.pid)" 2>/dev/null || fail "the traffic ended"
        sleep 0.05
    done
    fail "the traffic stands still"
}

step "A control node and an agent; two sides of a shop, and nginx before them"
start_control
start_agent --service balancer
mkdir sites temporary
sed -e "s|/run/pilotlight/agent.sock|$work/agent.sock|" -e "s|127.0.0.1:8080|127.0.0.1:$shop|" \
    -e "s|127.0.0.1:8081|127.0.0.1:$((shop + 1))|" -e "s|127.0.0.1:8082|127.0.0.1:$((shop + 2))|" \
    shop.conf >sites/shop.conf
background blue python3 side.py "127.0.0.1:$((shop + 1))" blue
background green python3 side.py "127.0.0.1:$((shop + 2))" green
background nginx nginx -p . -c nginx.conf -e nginx.log
for place in "$shop" $((shop + 1)) $((shop + 2)); do until_listening "127.0.0.1:$place"; done

step "Version 1.0 is on the blue side, for everyone; 1.1 is deployed on the green one, for nobody yet"
pilotlight component create shop --version 1.0 --upstream blue
pilotlight component add-version shop 1.1 --upstream green
pilotlight deployment record shop 1.1 --upstream green --verify "http://127.0.0.1:$((shop + 2))/"
pilotlight fleet --wait
visit blue -H "X-User: hal" -b hal.jar -c hal.jar
visit blue -b visitor.jar -c visitor.jar

step "Somebody nobody knows has got a key in a cookie; another cookie keeps the side"
printf '$ cut -s -f 6 visitor.jar | sort\n'
cut -s -f 6 visitor.jar | sort

step "300 signed-in users and 100 others come, again and again: a few of them go to the green side, then more"
background traffic python3 traffic.py "127.0.0.1:$shop"
everyone_visits
for number in $(seq 1 300); do echo "user-$number"; done >users.txt
pilotlight component split shop 1.0=99 1.1=1 --message "A look at 1.1"
pilotlight fleet --wait
everyone_visits
pilotlight component split shop 1.0=80 1.1=20 --message "It holds"
pilotlight fleet --wait
everyone_visits
pilotlight component who shop --keys-from users.txt
visit green -H "X-User: hal" -b hal.jar -c hal.jar
visit blue -H "X-User: ann" -b ann.jar -c ann.jar

step "The agent dies: whoever had a side keeps it, newcomers get the default side, no request fails"
kill_9 agent
everyone_visits
visit green -H "X-User: hal" -b hal.jar -c hal.jar
visit blue -H "X-User: jon"
start_agent --service balancer
visit green -H "X-User: jon"

step "Everyone goes to the green side; then it is the default, and version 1.0 is no more"
pilotlight component split shop 1.0=0 1.1=100 --message "All of them"
pilotlight fleet --wait
everyone_visits
pilotlight component default shop 1.1
pilotlight component retire-version shop 1.0 --message "The blue side is free"
pilotlight fleet --wait
everyone_visits
pilotlight component who shop --keys-from users.txt
visit green -b visitor.jar -c visitor.jar

step "What all the traffic saw of it"
kill "$(cat traffic.pid)"
wait "$(cat traffic.pid)" || fail "somebody noticed"
tail -n 1 traffic.out

printf '\nDone. Nothing of this is left running.\n'

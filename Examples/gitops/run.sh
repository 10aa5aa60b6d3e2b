#!/usr/bin/env bash
# Flags in a git repository: begun from what is published, checked and published by ci.sh, as a pipeline would call it.
. "$(dirname "$0")/../walk.sh"

mkdir bin
ln -s "$(command -v "$binary")" bin/pilotlight
ci() {
    show ./ci.sh "$@"
    PATH=$work/bin:$PATH ./ci.sh "$@" 2>&1
}
export GIT_AUTHOR_NAME=ann GIT_AUTHOR_EMAIL=ann@example.org GIT_COMMITTER_NAME=ann GIT_COMMITTER_EMAIL=ann@example.org
commit() {
    show git commit -m "$1"
    git add --all flags ci.sh
    git commit --quiet --message "$1"
}
write() {
    show edit "$1"
    cat >"$1"
}

step "There is a control node with a flag that somebody made by hand"
start_control
start_agent --service shop
pilotlight apply by-hand.json

step "Begin the repository with what is published"
git init --quiet .
mkdir -p flags
printf '$ pilotlight export > flags/exported.json\n'
"$binary" export >flags/exported.json
commit "Begin with what is published"
ci check

step "A change: a flag in a file of its own"
write flags/gift-wrap.yaml <<'YAML'
flags:
  gift-wrap:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: "off"
YAML
commit "Offer gift wrap, to nobody yet"
ci check
ci publish

step "The next change: it is on for everybody"
sed -i 's/defaultVariant: "off"/defaultVariant: "on"/' flags/gift-wrap.yaml
commit "Gift wrap for everybody"
ci publish
expect true gift-wrap

step "The file goes, and with it the flag; what was made by hand stays"
git rm --quiet flags/gift-wrap.yaml
commit "Gift wrap is over"
ci check
ci publish
pilotlight flag list

step "The history says what the commits said"
pilotlight history --limit 3

printf '\nDone. Nothing of this is left running.\n'

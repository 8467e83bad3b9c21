#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What registries do when they fail or mean ill: distribution-spec, and the attacks on clients.

load registry

setup() {
  begin_registry
  "$PYTHON" "$SERVER" image origin 20480 26214400
  serve_faults origin
}
teardown() { end_registry; }

# pulled REPOSITORY: pulls it, and everything of the origin is there.
pulled() {
  ok insecure pull --quiet "$FAULTS/$1:1"
  same_blobs origin store
}

# nothing_pulled REPOSITORY: no name stands for it, and every blob in the store has its digest.
nothing_pulled() {
  [ -z "$(swimg list --quiet)" ] || fail "a name was given"
  local blob
  for blob in "$STORE"/blobs/sha256/*; do
    [ -e "$blob" ] || continue
    [ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ] || fail "broken blob $blob"
  done
}

# killed_pull: a pull that is killed when some megabytes have come.
killed_pull() {
  "$SWIMG" pull --quiet --tls-verify=false "$FAULTS/slow/app:1" 2>/dev/null 3>&- &
  local pid=$!
  eventually eval '[ "$(find store/partial -size +4M 2>/dev/null | wc -l)" -gt 0 ]'
  kill -KILL $pid
  wait $pid || true
}

# sent: how many bytes of body the server has sent for large blobs.
sent() { requests '.path | contains("/blobs/")' | jq -s 'map(.sent) | add // 0'; }

@test "a registry that behaves is pulled from, a large layer in several ranges" {
  pulled plain/app
  [ "$(requests '.range != ""' | wc -l)" -gt 3 ] || fail "no ranges were asked for"
  [ "$(sent)" -lt 26300000 ] || fail "more was fetched than there is: $(sent)"
}

@test "a server without ranges is pulled from" { pulled noranges/app; }

@test "connections that break are continued where they broke" {
  PATIENCE=120 pulled cut/app
  # Pieces of a megabyte, and what came twice of ranges that waited for others.
  [ "$(sent)" -lt 80000000 ] || fail "fetched again from the start: $(sent) bytes"
}

@test "429 and Retry-After are waited for, 500 is tried again" {
  pulled busy/app
  rm -rf store
  pulled broken/app
}

@test "a server that stays broken is given up" {
  refuses 1 'status 500*UNKNOWN' insecure pull "$FAULTS/down/app:1"
  nothing_pulled
}

@test "a transfer that drips is a stalled one, and what has come is kept" {
  refuses 1 'stalled' insecure pull --stall-timeout 1 "$FAULTS/drip/app:1"
  nothing_pulled
}

@test "a wrong digest, of a blob or a manifest, is refused" {
  refuses 1 'wrong digest' insecure pull "$FAULTS/wrong/app:1"
  nothing_pulled
  refuses 1 'wrong digest' insecure pull "$FAULTS/manifestdigest/app:1"
  nothing_pulled
  [ -z "$(ls -A store/partial)" ] || fail "wrong bytes are kept: $(ls store/partial)"
}

@test "a wrong length, too long or too short, is refused" {
  refuses 1 'wrong size' insecure pull "$FAULTS/long/app:1"
  nothing_pulled
  # What came of it may have been the whole blob, which the next pull would go on with.
  rm -rf store
  refuses 1 'wrong size' insecure pull "$FAULTS/short/app:1"
  nothing_pulled
}

@test "another range than was asked for is refused" {
  refuses 1 'another range' insecure pull "$FAULTS/otherrange/app:1"
  nothing_pulled
}

@test "endless bodies of a manifest, a blob and a list of tags are refused" {
  refuses 1 'longer than the allowed' insecure pull "$FAULTS/manifestendless/app:1"
  refuses 1 'wrong size' insecure pull "$FAULTS/endless/app:1"
  nothing_pulled
  refuses 1 'does not end' insecure tags "$FAULTS/tagsendless/app"
  [ "$(sent)" -lt 300000000 ] || fail "read on: $(sent) bytes"
}

@test "tags come page by page, and from the same server only" {
  ok insecure tags "$FAULTS/plain/app"
  [ "$output" = "$(printf 't0\nt1\nt2\nt3')" ]
  refuses 1 'another server' insecure tags "$FAULTS/tagselsewhere/app"
}

@test "a redirect to another host is followed without credentials" {
  mkdir -p "$HOME/.docker"
  jq -n --arg host "$FAULTS" --arg auth "$(printf 'me:secret' | base64)" \
    '{auths: {($host): {auth: $auth}}}' >"$HOME/.docker/config.json"
  pulled away/app
  [ "$(requests '.path | startswith("/elsewhere/")' | wc -l)" -gt 1 ]
  [ -z "$(requests '.authorization != "" and .host == "127.0.0.2"')" ] ||
    fail "credentials went elsewhere"
}

@test "basic credentials are sent when they are asked for, and not before" {
  refuses 1 'not authorized' insecure pull "$FAULTS/basic/app:1"
  says swimg-login
  mkdir -p "$HOME/.docker"
  jq -n --arg host "$FAULTS" --arg auth "$(printf 'me:secret' | base64)" \
    '{auths: {($host): {auth: $auth}}}' >"$HOME/.docker/config.json"
  pulled basic/app
}

@test "tokens are fetched, kept and renewed" {
  pulled token/app
  first=$(requests '.path | startswith("/token")' | wc -l)
  [ "$first" -le 5 ] || fail "$first tokens for one pull"
  [[ "$(requests '.path | startswith("/token")' | head -1)" == *"repository%3Atoken%2Fapp%3Apull"* ]]
  rm -rf store
  pulled expiring/app
}

@test "a token realm or redirect that leads to the link-local network is refused" {
  refuses 1 'the link-local network' insecure pull "$FAULTS/metadata/app:1"
  refuses 1 'the link-local network' insecure pull "$FAULTS/metadatalink/app:1"
  nothing_pulled
}

@test "redirects to files and in circles are refused" {
  refuses 1 'neither http nor https' insecure pull "$FAULTS/filelink/app:1"
  refuses 1 'too many redirects' insecure pull "$FAULTS/loop/app:1"
  nothing_pulled
}

@test "no realm and no redirect leads from the open network to the loopback one" {
  require_root
  require ip
  certificates
  mkdir trust
  cp tls/ca.crt trust/
  unshare -n bash -c '
    set -e
    ip link set lo up
    ip addr add 198.51.100.7/32 dev lo
    rm -f port
    "$@" >server.out 2>&1 </dev/null 3>&- &
    trap "kill $!" EXIT
    for try in $(seq 100); do [ -e port ] && break || sleep 0.05; done
    for fault in inward inwardlink; do
      ! timeout 50 "$SWIMG" pull --cert-dir trust "198.51.100.7:$(cat port)/$fault/app:1" 2>>err
    done
    # Where the user points there himself it is no such link.
    timeout 50 "$SWIMG" pull --quiet --cert-dir trust "198.51.100.7:$(cat port)/plain/app:1"
  ' bash "$PYTHON" "$SERVER" serve origin --address 198.51.100.7 --ready port \
    --tls tls/server.crt tls/server.key || fail "$(cat err server.out)"
  [ "$(grep -c 'a link that leads into the loopback network' err)" -eq 2 ] || fail "$(cat err)"
}

@test "no realm and no redirect leads from https to http" {
  certificates
  rm -f port
  serve_faults origin --tls tls/server.crt tls/server.key
  mkdir trust
  cp tls/ca.crt trust/
  refuses 1 'not reached by https' swimg pull --cert-dir trust "$FAULTS/downgrade/app:1"
  refuses 1 'from https to http' swimg pull --cert-dir trust "$FAULTS/downgradelink/app:1"
  ok swimg pull --quiet --cert-dir trust "$FAULTS/plain/app:1"
}

@test "a pull that was killed goes on where it was" {
  killed_pull
  nothing_pulled
  : >"$LOG"
  pulled plain/app
  [ "$(sent)" -lt 23500000 ] || fail "fetched again what was there: $(sent) bytes"
  [ -z "$(ls -A store/partial)" ]
}

@test "an interrupted pull ends by the signal and keeps what has come" {
  "$SWIMG" pull --quiet --tls-verify=false "$FAULTS/slow/app:1" 2>err 3>&- &
  pid=$!
  eventually eval '[ "$(find store/partial -size +2M 2>/dev/null | wc -l)" -gt 0 ]'
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  [ "$status" -eq 143 ] || fail "status $status"
  [ "$(find store/partial -size +2M | wc -l)" -gt 0 ] || fail "nothing is kept"
  pulled plain/app
}

@test "kept bytes that are wrong are fetched again" {
  killed_pull
  for file in store/partial/*; do
    [[ "$file" == *.ranges ]] || printf wrong | dd of="$file" bs=1 seek=100 conv=notrunc 2>/dev/null
  done
  pulled plain/app
}

@test "eight pulls at once fetch each blob once" {
  for number in $(seq 8); do
    insecure pull --quiet "$FAULTS/slow/app:$number" 2>"err-$number" 3>&- &
    pids[number]=$!
  done
  for number in $(seq 8); do wait "${pids[number]}" || fail "pull $number: $(cat "err-$number")"; done
  [ "$(swimg list --quiet | wc -l)" -eq 8 ]
  same_blobs origin store
  [ "$(sent)" -lt 26400000 ] || fail "fetched more than once: $(sent) bytes"
}

@test "eight pulls of images that share layers fetch each blob once" {
  "$PYTHON" "$SERVER" images shared 8 3145728
  serve_faults shared
  for number in $(seq 0 7); do
    insecure pull --quiet "$FAULTS/slow/app:$number" 2>"err-$number" 3>&- &
    pids[number]=$!
  done
  for number in $(seq 0 7); do wait "${pids[number]}" || fail "pull $number: $(cat "err-$number")"; done
  [ "$(swimg list --quiet | wc -l)" -eq 8 ]
  same_blobs shared store
  # Of each blob as many bytes went out as it has, and none of them twice.
  requests '.path | contains("/blobs/")' |
    jq -rs 'group_by(.path | split("/")[-1])[] | "\(.[0].path | split(":")[-1]) \(map(.sent) | add)"' |
    sort >fetched
  for blob in shared/blobs/sha256/*; do
    grep -q '"schemaVersion": 2' "$blob" || echo "${blob##*/} $(stat -c %s "$blob")"
  done | sort >expected
  [ "$(wc -l <expected)" -eq 17 ] || fail "not what was made: $(cat expected)"
  diff expected fetched || fail "fetched more or less than each blob once"
  ok swimg verify
}

@test "a full disk is said clearly, and the next pull goes on" {
  require_root
  mkdir small
  mount -t tmpfs -o size=16m tmpfs small
  status=0
  SWIMG_STORE=$PWD/small/store insecure pull --quiet "$FAULTS/plain/app:1" 2>err || status=$?
  [ "$status" -eq 1 ] && grep -q ENOSPC err || { umount small; fail "status $status: $(cat err)"; }
  [ "$(find small/store/blobs -type f | wc -l)" -gt 0 ] || { umount small; fail "nothing kept"; }
  mount -o remount,size=64m small
  : >"$LOG"
  status=0
  SWIMG_STORE=$PWD/small/store insecure pull --quiet "$FAULTS/plain/app:1" || status=$?
  same_blobs origin small/store || status=2
  umount small
  [ "$status" -eq 0 ]
  [ "$(sent)" -lt 20000000 ] || fail "fetched again: $(sent) bytes"
}

@test "a layer of 300 MB takes less than 64 MB of memory" {
  "$PYTHON" "$SERVER" image huge 314572800
  serve_faults huge
  "$PYTHON" - "$SWIMG" pull --quiet --tls-verify=false "$FAULTS/plain/app:1" <<'PYTHON'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, timeout=100)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
assert peak < 64, f"{peak} MiB"
PYTHON
  same_blobs huge store
}

@test "an upload that breaks is resumed, and one that is refused for a while is sent again" {
  "$PYTHON" "$SERVER" image large 73400320
  ok swimg load --name app:1 large
  ok insecure push --quiet app:1 "$FAULTS/cutupload/app:1"
  rm -rf store
  ok insecure pull --quiet "$FAULTS/cutupload/app:1"
  same_blobs large store
  # Where the first chunk broke off, the next one began.
  [ -n "$(requests '.method == "PATCH" and (.content_range | startswith("1048576-"))')" ]
  for blob in large/blobs/sha256/*; do rm "origin/blobs/sha256/${blob##*/}"; done
  ok insecure push --quiet "$FAULTS/cutupload/app:1" "$FAULTS/brokenupload/app:2"
  [ -n "$(requests '.method == "PATCH" and (.content_range | startswith("16777216-"))')" ]
}

@test "an upload of a process that was killed goes on in the next run" {
  "$PYTHON" "$SERVER" image large 41943040
  ok swimg load --name app:1 large
  "$SWIMG" push --quiet --tls-verify=false app:1 "$FAULTS/slowupload/app:1" 2>/dev/null 3>&- &
  local pid=$!
  eventually eval '[ "$(find store/uploads -size +0 2>/dev/null | wc -l)" -gt 0 ]'
  sleep 1
  kill -KILL $pid
  wait $pid || true
  eventually idle
  received=$(requests '.method == "PATCH" or .method == "PUT"' | jq -s 'map(.received) | add')
  [ "$received" -gt 4000000 ] || fail "only $received bytes were sent before the kill"
  : >"$LOG"
  ok insecure push --quiet app:1 "$FAULTS/slowupload/app:1"
  again=$(requests '.path | contains("/blobs/uploads/")' | jq -s 'map(.received) | add')
  # It ends where the first run's upload would have ended, and not a megabyte later.
  [ "$((received + again))" -lt 43100000 ] || fail "$received bytes, and then $again"
  [ -z "$(ls -A store/uploads)" ] || fail "the record of the upload is left"
  rm -rf store
  ok insecure pull --quiet "$FAULTS/slowupload/app:1"
  same_blobs large store
}

# idle: nothing is under way at the server.
idle() { [ "$("$PYTHON" -c 'import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1]).read().decode())' "http://$FAULTS/active")" = 0 ]; }

@test "a killed upload whose session the registry has lost begins anew" {
  "$PYTHON" "$SERVER" image large 41943040
  ok swimg load --name app:1 large
  "$SWIMG" push --quiet --tls-verify=false app:1 "$FAULTS/slowupload/app:1" 2>/dev/null 3>&- &
  local pid=$!
  eventually eval '[ "$(find store/uploads -size +0 2>/dev/null | wc -l)" -gt 0 ]'
  kill -KILL $pid
  wait $pid || true
  for note in store/uploads/*; do
    [ -s "$note" ] || continue
    sed -i 's,uploads/[0-9]*,uploads/4711,' "$note"
  done
  ok insecure push --quiet app:1 "$FAULTS/slowupload/app:1"
  rm -rf store
  ok insecure pull --quiet "$FAULTS/slowupload/app:1"
  same_blobs large store
}

@test "layers of others are fetched from their addresses on request, without credentials" {
  cp -r origin foreign
  serve_faults foreign
  mkdir -p "$HOME/.docker"
  jq -n --arg host "$FAULTS" --arg auth "$(printf 'me:secret' | base64)" \
    '{auths: {($host): {auth: $auth}}}' >"$HOME/.docker/config.json"
  foreign "http://127.0.0.2:$PORT/elsewhere/DIGEST"
  ok insecure pull --quiet "$FAULTS/basic/app:1"
  [ "$(find store/blobs/sha256 -size +1M | wc -l)" -eq 0 ] || fail "fetched unasked"
  refuses 1 'its owner alone' swimg unpack --pull never "$FAULTS/basic/app:1" bundle
  ok insecure pull --quiet --foreign-layers "$FAULTS/basic/app:1"
  [ "$(find store/blobs/sha256 -size +1M | wc -l)" -eq 1 ] || fail "not fetched"
  [ -n "$(requests '.path | startswith("/elsewhere/")')" ]
  [ -z "$(requests '(.path | startswith("/elsewhere/")) and .authorization != ""')" ] ||
    fail "credentials went to an address in the image"
  ok swimg unpack --quiet --pull never "$FAULTS/basic/app:1" bundle
  # Not to the registry, whoever asks.
  ok insecure push --quiet "$FAULTS/basic/app:1" "$FAULTS/basic/other:1"
  [ -z "$(requests '.method == "PUT" and .received > 1000000')" ] || fail "it was pushed"
  rm -rf store
  foreign http://169.254.169.254/DIGEST file:///etc/passwd \
    "http://127.0.0.1:$PORT/v2/basic/app/blobs/DIGEST"
  # Even the registry itself is asked without credentials, where the image says so.
  refuses 1 'link-local*neither http*not authorized' \
    insecure pull --foreign-layers "$FAULTS/basic/app:1"
  nothing_pulled
}

# foreign LINK...: the large layer is to be had from these addresses alone.
foreign() {
  "$PYTHON" - "$@" <<'PYTHON'
import hashlib, json, pathlib, sys
root = pathlib.Path("foreign")
index = json.loads((root / "index.json").read_text())
blobs = root / "blobs/sha256"
manifest = json.loads((blobs / index["manifests"][0]["digest"][7:]).read_text())
layer = manifest["layers"][-1]
layer["mediaType"] = "application/vnd.oci.image.layer.nondistributable.v1.tar"
layer["urls"] = [link.replace("DIGEST", layer["digest"]) for link in sys.argv[1:]]
data = json.dumps(manifest).encode()
index["manifests"][0].update(digest="sha256:" + hashlib.sha256(data).hexdigest(), size=len(data))
(blobs / hashlib.sha256(data).hexdigest()).write_bytes(data)
(root / "index.json").write_text(json.dumps(index))
PYTHON
}

@test "what a registry has is not sent again" {
  ok swimg load --name app:1 origin
  ok insecure push --quiet app:1 "$FAULTS/plain/app:1"
  [ -z "$(requests '.method == "POST"')" ] || fail "an upload was begun"
}

@test "mirrors are asked first, and the registry when they fail" {
  cat >"$CONTAINERS_REGISTRIES_CONF" <<TOML
[[registry]]
prefix = "registry.example/team"
location = "$FAULTS/plain"
insecure = true
[[registry.mirror]]
location = "127.0.0.1:1/nothing"
insecure = true
[[registry.mirror]]
location = "$FAULTS/down"
insecure = true
[[registry]]
location = "blocked.example"
blocked = true
TOML
  ok swimg pull --quiet registry.example/team/app:1
  same_blobs origin store
  [ "$(swimg list --quiet)" = registry.example/team/app:1 ]
  [ -n "$(requests '.path | startswith("/v2/down/")')" ]
  refuses 1 'blocked by registries.conf' swimg pull blocked.example/app
  echo 'registry = "broken' >"$CONTAINERS_REGISTRIES_CONF"
  refuses 1 'registries.conf: line 1' swimg pull registry.example/team/app:1
}

@test "a plain http server is not spoken to unless that is allowed" {
  refuses 1 'SSL' swimg pull "$FAULTS/plain/app:1"
  [ ! -s "$LOG" ]
}

@test "indexes that name each other over and over are walked once" {
  PATIENCE=20 refuses 1 'no image for' insecure pull --platform linux/amd64 "$FAULTS/maze/app:1"
  nothing_pulled
}

@test "a catalogue's names are shown only if they are names" {
  ok insecure search "$FAULTS"
  [ "$output" = "$FAULTS/team/app" ] || fail "shown: $(cat -v <<<"$output")"
}

@test "/dev/null is a configuration and a file of credentials that say nothing" {
  export CONTAINERS_REGISTRIES_CONF=/dev/null
  ok insecure pull --quiet --authfile /dev/null "$FAULTS/plain/app:1"
  mknod null c 1 3 || return 0
  logging_in() { insecure login -u me --authfile null "$FAULTS" <<<secret; }
  refuses 1 'not a regular file' logging_in
  [ -c null ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Two processes on one store: the one is stopped at a system call while the other does its work.

load registry

setup() {
  begin_registry
  require strace
  held=
}

teardown() {
  end_registry
  [ -z "$held" ] || ! kill -KILL "$held" 2>/dev/null || wait "$held" || true
}

# stopped_at CALL N NAME CMD...: CMD has done the Nth CALL, of those with NAME as its path (- for
# any), and waits in it. Its process is $held.
stopped_at() {
  local call=$1 when=$2 name=$3 only=()
  shift 3
  [ "$name" = - ] || only=(-P "$name")
  rm -f trace
  strace -D -f -o trace -e "trace=$call" "${only[@]}" -e "inject=$call:signal=SIGSTOP:when=$when" \
    "$@" >held.out 2>held.err </dev/null 3>&- 4>&- &
  held=$!
  eventually grep -qs 'stopped by SIGSTOP' trace
}

# go_on: it does the rest; sets $status, $output and $err.
go_on() {
  status=0
  # Each of its threads stops once.
  while kill -CONT "$held"; do sleep 0.05; done 2>/dev/null 3>&- &
  local waker=$!
  wait "$held" || status=$?
  kill "$waker" 2>/dev/null || true
  wait "$waker" || true
  held=
  output=$(cat held.out) err=$(cat held.err)
}

digest_of() { "$SWIMG" inspect --format '{{.Digest}}' "$1"; }

# blob_of DIGEST: its path in the store.
blob_of() { printf '%s/blobs/%s\n' "$STORE" "${1/://}"; }

@test "prune keeps the image that was loaded again when its name had gone" {
  loaded sound
  # The name is taken, the place for the blobs is made.
  stopped_at mkdirat 1 - "$SWIMG" prune --all
  ok "$SWIMG" list --quiet
  [ -z "$output" ]
  ok "$SWIMG" load --quiet sound
  go_on
  [ "$status" -eq 0 ]
  ok "$SWIMG" verify
  [[ "$output" == "1 images, 4 blobs, "* ]]
}

@test "prune keeps what the image of another platform needs that came meanwhile" {
  image index
  ok "$SWIMG" load --quiet --platform linux/amd64 index
  cp -r "$STORE" small
  ok "$SWIMG" load --quiet --platform linux/arm64 index
  # Its configuration and layers are there, but nothing that speaks of them.
  manifest=$("$SWIMG" inspect --platform linux/arm64 --format '{{.Manifest}}' multi:1)
  cp small/index.json "$STORE/index.json"
  mv "$(blob_of "$manifest")" .
  stopped_at mkdirat 1 - "$SWIMG" prune
  ok "$SWIMG" load --quiet --platform linux/arm64 index
  go_on
  [ "$status" -eq 0 ]
  ok "$SWIMG" verify
  ok "$SWIMG" unpack --quiet --platform linux/arm64 multi:1 bundle
}

@test "rm passes the gate without reading the images that stay again" {
  image index
  ok "$SWIMG" load --quiet --platform linux/amd64 index
  loaded sound
  timeout 60 strace -f -e trace=mkdirat,openat2 -o trace "$SWIMG" rm app:1.0 >/dev/null
  # An image that is not whole might have to be; but the index is the same as before.
  sed -n '/mkdirat(.*swimg-/,$p' trace >behind
  ! grep -q "$(digest_of multi:1 | cut -d: -f2)" behind || fail "$(cat behind)"
}

@test "save saves an image that is removed meanwhile whole, or not at all" {
  image index
  ok "$SWIMG" load --quiet index
  index=$(digest_of multi:1)
  # It holds the index, and no manifest yet.
  stopped_at openat2 1 "${index#*:}" "$SWIMG" save --output out.tar multi:1
  ok "$SWIMG" rm multi:1
  go_on
  [ "$status" -eq 1 ]
  [[ "$err" == *"no such image"* && ! -e out.tar ]] || fail "$err"
  # The same without anybody beside it.
  ok "$SWIMG" load --quiet index
  for manifest in $(jq -r '.manifests[].digest' "$(blob_of "$index")"); do
    rm "$(blob_of "$manifest")"
  done
  refuses 1 "is not there" "$SWIMG" save --output out.tar multi:1
  refuses 1 "is not there" "$SWIMG" save --format oci --output out multi:1
}

@test "a store that is being made is waited for, and half of one is none" {
  loaded sound
  for lost in blobs index.json; do
    cp -r "$STORE" half
    rm -r "half/$lost"
    ok env SWIMG_STORE=half "$SWIMG" list --quiet
    [ -z "$output" ]
    ok env SWIMG_STORE=half "$SWIMG" prune
    for command in df verify "tag app:1.0 app:2.0" "unpack --pull never app:1.0 bundle"; do
      # shellcheck disable=SC2086
      refuses 1 "no image store is there" env SWIMG_STORE=half "$SWIMG" $command
    done
    # Its maker has the lock.
    (
      flock 9
      touch ready
      eventually test -e reading
      mv held "half/$lost"
    ) 9<half 3>&- &
    maker=$!
    cp -r "$STORE/$lost" held
    eventually test -e ready
    strace -f -D -e trace=flock -o trace env SWIMG_STORE=half "$SWIMG" list --quiet >out 3>&- &
    reader=$!
    eventually grep -qs 'flock(.*EAGAIN' trace
    touch reading
    wait $maker
    wait $reader
    [ "$(cat out)" = app:1.0 ] || fail "$(cat out)"
    # The next writer completes what was left.
    rm -r "half/$lost" ready reading
    ok env SWIMG_STORE=half "$SWIMG" load --quiet sound
    ok env SWIMG_STORE=half "$SWIMG" list --quiet
    [ "$output" = app:1.0 ]
    rm -r half
  done
}

@test "verify --repair leaves the good blob that comes at the last moment" {
  loaded sound
  layer=$("$SWIMG" inspect --format json app:1.0 | jq -r '.layers[0].digest')
  blob=$(blob_of "$layer")
  # Without a name no registry is asked.
  jq 'del(.manifests[].annotations)' "$STORE/index.json" >index && cp index "$STORE/index.json"
  cp "$blob" good
  # damaged: another file each time.
  damaged() { printf '\377' | cat - good | head -c "$(stat -c %s good)" >new && mv new "$blob"; }
  damaged
  strace -f -o trace -P "${layer#*:}" -e trace=newfstatat "$SWIMG" verify --repair && false
  [ ! -e "$blob" ] || fail "nothing was dropped"
  # After the last look that found it: then it goes.
  look=$(grep newfstatat trace | grep -cv ENOENT)
  damaged
  stopped_at newfstatat "$look" "${layer#*:}" "$SWIMG" verify --repair
  cp good new && mv new "$blob"
  go_on
  cmp good "$blob" || fail "the good one was dropped: $output"
  ok "$SWIMG" verify
  # When it is out of sight: then it goes, and not the good one in its place.
  damaged
  stopped_at renameat 1 "${layer#*:}" "$SWIMG" verify --repair
  [ ! -e "$blob" ]
  cp good new && mv new "$blob"
  go_on
  [[ "$status" -eq 1 && "$output" == *"(dropped)"* ]] || fail "$output"
  ok "$SWIMG" verify
}

@test "the directory of partial blobs may go at any moment" {
  loaded sound
  stopped_at mkdirat 1 partial "$SWIMG" save --format oci --output out app:1.0
  rmdir out/partial
  go_on
  [ "$status" -eq 0 ] || fail "$err"
  ok env SWIMG_STORE=out "$SWIMG" verify
  mkdir -p "$STORE/partial"
  stopped_at openat2 1 partial "$SWIMG" df
  rmdir "$STORE/partial"
  go_on
  [ "$status" -eq 0 ] || fail "$err"
}

@test "verify repairs once what it has found, whatever else happens to the index" {
  "$PYTHON" "$SERVER" image origin 20480
  serve_faults origin
  ok insecure pull --quiet "$FAULTS/plain/app:1"
  layer=$(swimg inspect --format json "$FAULTS/plain/app:1" | jq -r '.layers[0].digest')
  verify=("$SWIMG" verify --repair --tls-verify=false)
  # repaired NAME: it was stopped, found damage, and fetched it anew, which it does not forget.
  repaired() {
    ok swimg tag "$FAULTS/plain/app:1" "$1"
    : >"$LOG"
    go_on
    [[ "$status" -eq 0 && "$output" == *"(refetched)"* ]] || fail "$output $err"
    [ "$(requests '.method == "GET" and (.path | contains("/blobs/"))' | wc -l)" -eq 1 ] ||
      fail "not fetched once: $(cat "$LOG")"
    ok swimg verify
  }
  damage() { printf '\377' | dd of="$(blob_of "$layer")" bs=1 seek=20 conv=notrunc status=none; }
  # The first look is for the progress bar.
  damage
  stopped_at newfstatat 2 "${layer#*:}" "${verify[@]}"
  repaired meanwhile:1
  damage
  stopped_at renameat 1 "${layer#*:}" "${verify[@]}"
  repaired meanwhile:2
}

@test "verify repairs nothing of an image that is removed meanwhile" {
  "$PYTHON" "$SERVER" image origin 20480
  serve_faults origin
  ok insecure pull --quiet "$FAULTS/plain/app:1"
  layer=$(swimg inspect --format json "$FAULTS/plain/app:1" | jq -r '.layers[0].digest')
  printf '\377' | dd of="$(blob_of "$layer")" bs=1 seek=20 conv=notrunc status=none
  # It has a lease on the layer by then, so that it finds the damage.
  stopped_at newfstatat 2 "${layer#*:}" "$SWIMG" verify --repair --tls-verify=false
  ok swimg rm "$FAULTS/plain/app:1"
  : >"$LOG"
  go_on
  [ ! -s "$LOG" ] || fail "fetched: $(cat "$LOG")"
}

@test "a pull that has failed does not wait for another process's download" {
  "$PYTHON" "$SERVER" image origin 20480 2097152
  serve_faults origin
  image sound
  ok swimg load --quiet sound
  small=$(jq -r '.layers[0].digest' "origin/blobs/$(
    jq -r '.manifests[0].digest' origin/index.json | tr : /
  )")
  mkdir "$STORE/partial"
  flock "$STORE/partial/${small/:/-}" sleep 120 3>&- &
  holder=$!
  eventually sh -c '! flock -n "$0" true' "$STORE/partial/${small/:/-}"
  PATIENCE=60 refuses 1 'status 500' insecure pull --quiet "$FAULTS/down/app:1"
  kill $holder $(pgrep -P $holder) || true
  wait $holder || true
}

@test "who may not open another's partial blob takes it for one that is coming" {
  require_root
  require setpriv
  loaded sound
  mkdir "$STORE/partial"
  partial=$STORE/partial/sha256-$(printf '0%.0s' {1..64})
  printf half >"$partial"
  chmod 600 "$partial"
  chown 1234 "$partial"
  # Root without its rights over the files of others.
  weak() { setpriv --bounding-set -dac_override,-dac_read_search "$@"; }
  ! weak cat "$partial" 2>/dev/null || skip "missing: a way to be refused"
  ok weak "$SWIMG" df --format json
  jq -e '.partial.count == 1 and .partial.reclaimable == 0' <<<"$output"
  ok weak "$SWIMG" prune --dry-run
  [[ "$output" != *"would remove"* ]]
}

@test "prune holds its lock on a note until that is gone" {
  loaded sound
  mkdir "$STORE/uploads"
  touch "$STORE/uploads/dead"
  timeout 60 strace -f -e trace=openat2,close,unlinkat -o trace "$SWIMG" prune >/dev/null
  awk '
    /openat2\(.*"dead"/ { file = $NF }
    file != "" && $0 ~ "close\\(" file "\\)" { exit 1 }
    /unlinkat.*"dead"/ { found = 1; exit }
    END { if (!found) exit 2 }' trace || fail "$(cat trace)"
}

@test "inspect shows this machine's image while a sweep takes another's blobs" {
  image index
  ok "$SWIMG" load --quiet index
  ok "$SWIMG" inspect --format '{{.Manifest}}' multi:1
  mine=$output
  # As a sweep does, one blob after the other; the image is loaded again before it is read on.
  mv "$(blob_of "$mine")" taken
  stopped_at newfstatat 1 "${mine#*:}" "$SWIMG" inspect --format '{{.Manifest}}' multi:1
  mv taken "$(blob_of "$mine")"
  ok "$SWIMG" tag multi:1 other:1
  go_on
  [ "$output" = "$mine" ] || fail "another platform's: $output"
}

@test "who logs in or out at once with another loses nobody's credentials" {
  mkdir empty
  serve_faults empty
  echo secret >password
  file=$XDG_RUNTIME_DIR/containers/auth.json
  login=(sh -c 'exec "$0" login --tls-verify=false -u me "$1" <password' "$SWIMG")
  kept() { jq -r '.auths | keys | join(" ")' "$file"; }
  ok "${login[@]}" "127.0.0.1:$PORT"
  # It has read the file, and has not written it yet.
  stopped_at openat 1 "$file" "${login[@]}" "localhost:$PORT"
  ok "${login[@]}" "127.0.0.2:$PORT"
  go_on
  [ "$status" -eq 0 ] || fail "$err"
  [ "$(kept)" = "127.0.0.1:$PORT 127.0.0.2:$PORT localhost:$PORT" ] || fail "kept: $(kept)"
  stopped_at openat 1 "$file" "$SWIMG" logout "127.0.0.1:$PORT"
  ok swimg logout "127.0.0.2:$PORT"
  go_on
  [ "$status" -eq 0 ] || fail "$err"
  [ "$(kept)" = "localhost:$PORT" ] || fail "kept: $(kept)"
  # Who writes it has the directory's lock.
  flock "${file%/*}" sleep 30 3>&- &
  holder=$!
  eventually sh -c '! flock -n "$0" true' "${file%/*}"
  ! timeout 1 "$SWIMG" logout "localhost:$PORT" || fail "the lock is not waited for"
  kill $holder $(pgrep -P $holder) || true
  wait $holder || true
  ok swimg logout "localhost:$PORT"
}

@test "a signature that is overtaken by another one is put again beside it" {
  require openssl
  "$PYTHON" "$SERVER" image origin 20480
  serve_faults origin
  openssl genpkey -algorithm ED25519 -out mine.pem 2>/dev/null
  ok insecure sign --key mine.pem "$FAULTS/overtaken/app:1"
  tag=sha256-${output#sha256:}.sig
  [ "$(requests '.method == "PUT"' | grep -c "$tag")" -eq 3 ] || fail "$(cat "$LOG")"
  curl -sf "http://$FAULTS/v2/overtaken/app/manifests/$tag" >manifest
  jq -e '.layers | length == 2 and .[0].annotations.number != null
    and (.[1].annotations | has("dev.cosignproject.cosign/signature"))' manifest || fail "$(cat manifest)"
}

# left DIR: the temporary names there.
left() { find "$1" -maxdepth 1 -name '.*swimg-*' | sort; }

# leaves_no_more CALL N DIR CMD...: killed at its Nth CALL it leaves something in DIR; the next one removes
# that, and nothing of one that lives.
leaves_no_more() {
  local call=$1 when=$2 place=$3 dead alive
  shift 3
  stopped_at "$call" "$when" - "$@"
  kill -KILL "$held"
  wait "$held" || true
  dead=$(left "$place")
  [ "$(wc -l <<<"$dead")" -eq 1 ] && [ -e "$dead" ] || fail "nothing is left by: $*"
  touch "$dead-mine"
  stopped_at "$call" "$when" - "$@"
  [ ! -e "$dead" ] || fail "$dead stays"
  alive=$(left "$place" | grep -vx -e "$dead-mine")
  [ -e "$alive" ] || fail "none of its own"
  # Who logs in waits for who is doing so.
  [ "$1" = ./log-in ] || ok "$@"
  [ -e "$alive" ] || fail "that of another process has gone"
  go_on
  [ "$status" -eq 0 ] || fail "$err"
  [ "$(left "$place")" = "$dead-mine" ] || fail "left: $(left "$place")"
  rm "$dead-mine"
}

@test "what a killed process has left outside of the store goes with the next of its kind" {
  loaded sound
  mkdir tmp there
  export TMPDIR=$PWD/tmp
  "$PYTHON" "$SERVER" image origin 20480
  serve_faults origin
  leaves_no_more fsync 1 there "$SWIMG" save --output there/out.tar app:1.0
  leaves_no_more fsync 1 tmp "$SWIMG" copy --tls-verify=false "docker://$FAULTS/plain/app:1" oci-archive:out.tar
  leaves_no_more mkdirat 2 tmp "$SWIMG" validate there/out.tar
  echo secret >password
  printf '#!/bin/sh\nexec "%s" login --tls-verify=false --authfile there/auth.json -u me "%s" <password\n' \
    "$SWIMG" "$FAULTS" >log-in
  chmod +x log-in
  leaves_no_more fsync 1 there ./log-in
}

@test "login and validate do without locks where the file system has none" {
  loaded sound
  ok "$SWIMG" save --output out.tar app:1.0
  mkdir empty
  serve_faults empty
  echo secret >password
  unlocked() { strace -f -o trace -e trace=flock -e inject=flock:error=ENOLCK "$@"; }
  ok unlocked sh -c 'exec "$0" login --tls-verify=false -u me "$1" <password' "$SWIMG" "$FAULTS"
  ok unlocked "$SWIMG" logout "$FAULTS"
  ok unlocked "$SWIMG" validate out.tar
  grep -q 'flock.*INJECTED' trace
}

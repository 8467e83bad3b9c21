#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Pull straight into unpack: layers are extracted while they come, and nothing shows before all is
# verified.

load registry

setup() {
  begin_registry
  require_root
  "$PYTHON" "$SERVER" image origin 204800 26214400
  serve_faults origin
}
teardown() { end_registry; }

sent() { requests '.path | contains("/blobs/")' | jq -s 'map(.sent) | add // 0'; }

# extracted BYTES: so much of the larger layer's file is there, in a bundle that nobody sees yet.
extracted() { [ -n "$(find . -path './.bundle.swimg-*/rootfs/file1' -size "+$1" 2>/dev/null)" ]; }

# coming REPOSITORY: an unpack that has extracted a part of the larger layer.
coming() {
  "$SWIMG" unpack --quiet --tls-verify=false "$FAULTS/$1:1" bundle 2>err 3>&- &
  UNPACK=$!
  eventually extracted 1M
}

@test "a layer is extracted while it comes, and the image is in the store afterwards" {
  coming slow/app
  # The rest of it has not come by then, and nothing is to be seen.
  [ "$(find store/partial -size +1M | wc -l)" -gt 0 ] || fail "it had come as a whole"
  [ ! -e bundle ]
  [ -z "$(swimg list --quiet)" ]
  wait "$UNPACK" || fail "$(cat err)"
  [ "$(stat -c %s bundle/rootfs/file1)" -eq $((26214400 - 10240)) ]
  [ -e bundle/rootfs/file0 ] && jq -e .process bundle/config.json >/dev/null
  same_blobs origin store
  [ "$(sent)" -lt 26500000 ] || fail "fetched twice: $(sent) bytes"
  ok swimg verify
  # What is there is not asked for again, and is the same.
  ok swimg unpack --quiet --pull never "$FAULTS/slow/app:1" again
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" bundle/rootfs again/rootfs
  untouched
}

@test "a real image of several layers unpacks as it does from the store, gzip and zstd" {
  require zstd
  serve_registry
  loaded sound
  local kind
  for kind in gzip zstd; do
    "$PYTHON" "$CONFORMANCE/image/recompress.py" sound "$kind" "$kind"
    ok insecure copy --quiet "oci:$kind" "docker://$REGISTRY/team/app:$kind"
    ok insecure unpack --quiet "$REGISTRY/team/app:$kind" "new-$kind"
    ok swimg unpack --quiet app:1.0 "old-$kind"
    "$PYTHON" "$CONFORMANCE/image/compare-trees.py" "new-$kind/rootfs" "old-$kind/rootfs"
    diff <(jq 'del(.hostname, .annotations)' "new-$kind/config.json") \
      <(jq 'del(.hostname, .annotations)' "old-$kind/config.json")
  done
}

@test "wrong bytes, too few and too many: no bundle, no name" {
  refuses 1 'wrong digest' insecure unpack "$FAULTS/wrong/app:1" bundle
  clean_bundle
  refuses 1 'wrong size' insecure unpack "$FAULTS/short/app:1" bundle
  clean_bundle
  refuses 1 'wrong size' insecure unpack "$FAULTS/long/app:1" bundle
  clean_bundle
  [ -z "$(swimg list --quiet)" ]
}

@test "a wrong diff ID: no bundle" {
  require skopeo
  serve_registry
  image diff_id
  skopeo copy -q --dest-tls-verify=false oci:diff_id:app:1.0 "docker://$REGISTRY/team/app:1"
  refuses 1 'diff ID' insecure unpack "$REGISTRY/team/app:1" bundle
  clean_bundle
}

@test "connections that break are continued, while the layer is being extracted" {
  PATIENCE=120 ok insecure unpack --quiet "$FAULTS/cut/app:1" bundle
  same_blobs origin store
  ok swimg unpack --quiet --pull never "$FAULTS/cut/app:1" again
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" bundle/rootfs again/rootfs
}

@test "an unpack that is killed leaves no bundle, and the next one goes on where it was" {
  coming slow/app
  kill -KILL "$UNPACK"
  wait "$UNPACK" || true
  [ ! -e bundle ]
  held=$(tail -n 1 -q store/partial/*.ranges | awk '{ sum += $2 } END { print sum }')
  [ "$held" -gt 1000000 ] || fail "only $held bytes are kept"
  ok insecure unpack --quiet "$FAULTS/plain/app:1" bundle
  again=$(requests '.path | contains("/plain/app/blobs/")' | jq -s 'map(.sent) | add')
  [ "$again" -le $((26419200 + 4096 - held)) ] || fail "fetched again: $again bytes, with $held there"
  [ "$(stat -c %s bundle/rootfs/file1)" -eq $((26214400 - 10240)) ]
  untouched
  same_blobs origin store
}

@test "bytes of a killed run that are wrong cost time and nothing else" {
  coming slow/app
  kill -KILL "$UNPACK"
  wait "$UNPACK" || true
  for file in store/partial/*; do
    [[ "$file" == *.ranges ]] || printf wrong | dd of="$file" bs=1 seek=100000 conv=notrunc 2>/dev/null
  done
  ok insecure unpack --quiet "$FAULTS/plain/app:1" bundle
  same_blobs origin store
  ok swimg unpack --quiet --pull never "$FAULTS/plain/app:1" again
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" bundle/rootfs again/rootfs
}

@test "a signal ends both halves, and what has come is kept" {
  coming slow/app
  kill -TERM "$UNPACK"
  status=0
  wait "$UNPACK" || status=$?
  [ "$status" -eq 143 ] || fail "status $status: $(cat err)"
  clean_bundle
  [ "$(find store/partial -size +1M | wc -l)" -gt 0 ] || fail "nothing is kept"
}

@test "what can't be made here ends the transfer as well" {
  mkdir bundle
  touch bundle/taken
  refuses 1 'not an empty directory' insecure unpack "$FAULTS/slow/app:1" bundle
  [ "$(sent)" -lt 10000000 ] || fail "it was fetched nevertheless: $(sent) bytes"
  refuses 1 'no such directory' insecure unpack "$FAULTS/slow/app:1" no/where
  [ "$(ls -A bundle)" = taken ]
  # What had come by then is not lost.
  rm -rf bundle
  ok insecure unpack --quiet "$FAULTS/plain/app:1" bundle
}

@test "several unpacks of one image at once fetch each blob once" {
  local number
  for number in $(seq 4); do
    insecure unpack --quiet "$FAULTS/slow/app:1" "bundle-$number" 2>"err-$number" 3>&- &
    pids[number]=$!
  done
  for number in $(seq 4); do wait "${pids[number]}" || fail "unpack $number: $(cat "err-$number")"; done
  [ "$(sent)" -lt 26500000 ] || fail "fetched more than once: $(sent) bytes"
  for number in 2 3 4; do
    "$PYTHON" "$CONFORMANCE/image/compare-trees.py" bundle-1/rootfs "bundle-$number/rootfs"
  done
}

@test "a layer of 300 MB is pulled and unpacked in less than 64 MB of memory" {
  "$PYTHON" "$SERVER" image huge 314572800
  serve_faults huge
  "$PYTHON" - "$SWIMG" unpack --quiet --tls-verify=false "$FAULTS/plain/app:1" bundle <<'PYTHON'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, timeout=100)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
assert peak < 64, f"{peak} MiB"
PYTHON
  [ "$(stat -c %s bundle/rootfs/file0)" -eq $((314572800 - 10240)) ]
}

@test "verify --repair fetches what is damaged from the registry, manifests and layers" {
  ok insecure pull --quiet "$FAULTS/plain/app:1"
  local blob number=0
  for blob in store/blobs/sha256/*; do
    number=$((number + 1))
    printf x | dd of="$blob" bs=1 seek=20 conv=notrunc 2>/dev/null
    refuses_damage
    [ $((number % 2)) -eq 0 ] || rm "$blob"
    ok insecure verify --repair "$FAULTS/plain/app:1"
    [[ "$output" == *refetched* ]] || fail "not fetched anew: $output"
    ok swimg verify
  done
  [ "$number" -eq 4 ]
  same_blobs origin store
  # Without a registry it is dropped, as before, and the message says so.
  printf x | dd of="$blob" bs=1 seek=20 conv=notrunc 2>/dev/null
  kill "${PIDS[@]}"
  capture insecure verify --repair
  [ "$status" -eq 1 ]
  [[ "$output" == *dropped* ]] || fail "not dropped: $output"
}

refuses_damage() {
  capture swimg verify
  [ "$status" -eq 1 ] || fail "no damage is seen"
}

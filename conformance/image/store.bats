#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The store: what it says of its images, what goes and what stays, and what becomes of damage.

load image

setup() { begin_image; }

names() { "$SWIMG" list --quiet; }

digest_of() { "$SWIMG" inspect --format '{{.Digest}}' "$1"; }
id_of() { "$SWIMG" inspect --format '{{.Id}}' "$1"; }

# blob_of DIGEST: its path in the store.
blob_of() { printf '%s/blobs/%s\n' "$STORE" "${1/://}"; }

# spoil FILE: one byte of it becomes another, its size stays.
spoil() { printf '\377' | dd of="$1" bs=1 seek=20 conv=notrunc status=none; }

# layer_of NAME NUMBER
layer_of() { "$SWIMG" inspect --format json "$1" | jq -r ".layers[$2].digest"; }

@test "ids: short, ambiguous, and after names" {
  loaded sound
  image user
  ok "$SWIMG" load --quiet --name two:1 user
  id=$(id_of app:1.0)
  for text in "${id#sha256:}" "${id:7:12}" "${id:7:4}" "$id" "${id:0:20}"; do
    ok "$SWIMG" inspect --format '{{.Id}}' "$text"
    [ "$output" = "$id" ]
  done
  digest=$(digest_of app:1.0)
  ok "$SWIMG" inspect --format '{{.Digest}}' "${digest:7:12}"
  [ "$output" = "$digest" ]
  # A name that looks like an id is a name.
  ok "$SWIMG" tag two:1 "${id:7:8}"
  ok "$SWIMG" inspect --format '{{.Id}}' "${id:7:8}"
  [ "$output" = "$(id_of two:1)" ]
  refuses 1 "no such image" "$SWIMG" inspect "$(printf '0%.0s' {1..64})"
}

@test "an ambiguous id is an error that lists the candidates" {
  loaded sound
  # The same image in zstd and gzip: two manifests, one configuration.
  require skopeo
  skopeo copy -q --dest-compress-format zstd oci:sound:app:1.0 oci:zstd:app:2.0
  ok "$SWIMG" load --quiet --name app:2.0 zstd
  id=$(id_of app:1.0)
  if [ "$id" = "$(id_of app:2.0)" ] && [ "$(digest_of app:1.0)" != "$(digest_of app:2.0)" ]; then
    refuses 1 "several images begin so: sha256:" "$SWIMG" inspect "${id:7:12}"
    [[ "$err" == *"$(digest_of app:1.0 | cut -c1-19)"* ]]
  else
    fail "the two images do not share a configuration"
  fi
}

@test "list: filters, templates, sizes shared and own" {
  loaded sound
  image index
  ok "$SWIMG" load --quiet index
  ok "$SWIMG" tag app:1.0 quay.io/me/other:2
  [ "$("$SWIMG" list -q --filter reference='app*')" = app:1.0 ]
  [ "$("$SWIMG" list -q 'quay.io/*/other')" = quay.io/me/other:2 ]
  [ "$("$SWIMG" list -q --filter platform=linux/arm64)" = multi:1 ]
  [ "$("$SWIMG" list -q --filter dangling=false | wc -l)" -eq 3 ]
  [ -z "$("$SWIMG" list -q --filter dangling=true)" ]
  [ -z "$("$SWIMG" list -q --filter label=nobody.has)" ]
  [ -z "$("$SWIMG" list -q --filter before=multi:1)" ]
  ok "$SWIMG" list --format '{{.Repository}}\t{{.Tag}} {{json .Platforms}}' app
  [ "$output" = "$(printf 'app\t1.0 ["linux/amd64"]')" ]
  # Two names of one image share nothing with another one.
  "$SWIMG" list --format json |
    jq -e 'all(.[]; .own == .size and .shared == 0) and (.[0].id | startswith("sha256:"))'
  refuses 2 "--filter" "$SWIMG" list --filter color=red
  refuses 1 "no such field" "$SWIMG" list --format '{{.Nothing}}'
}

@test "an image that loses its name stays without one until it is pruned" {
  loaded sound
  digest=$(digest_of app:1.0)
  image user
  ok "$SWIMG" load user
  [ "$("$SWIMG" list -q --filter dangling=true)" = "${digest:0:19}" ]
  ok "$SWIMG" inspect "$digest"
  ok "$SWIMG" prune --dry-run
  [[ "$output" == *"would remove $digest"*"would free "* ]]
  ok "$SWIMG" inspect "$digest"
  ok "$SWIMG" prune --older-than 1h
  [ -z "$output" ]
  ok "$SWIMG" prune
  [[ "$output" == *"removed $digest"*"freed "* ]]
  refuses 1 "no such image" "$SWIMG" inspect "$digest"
  ok "$SWIMG" verify
  ok "$SWIMG" unpack app:1.0 bundle
}

@test "a nameless image that gets a name is no longer nameless" {
  loaded sound
  digest=$(digest_of app:1.0)
  image user
  ok "$SWIMG" load --quiet user
  ok "$SWIMG" tag "$digest" old:1
  [ -z "$("$SWIMG" list -q --filter dangling=true)" ]
  jq -e '.manifests | length == 2' "$STORE/index.json"
}

@test "rm leaves what no image ever needed to prune, and takes partial blobs never" {
  loaded sound
  orphan=$(printf x | sha256sum | cut -d' ' -f1)
  printf x >"$STORE/blobs/sha256/$orphan"
  mkdir -p "$STORE/partial"
  printf half >"$STORE/partial/sha256-$orphan"
  ok "$SWIMG" rm app:1.0
  [ -e "$STORE/blobs/sha256/$orphan" ] && [ -e "$STORE/partial/sha256-$orphan" ]
  "$SWIMG" df --format json | jq -e '.unused.count == 1 and .partial.count == 1
    and .partial.reclaimable == 4 and .images.count == 0'
  # One that somebody is writing stays.
  flock "$STORE/partial/sha256-$orphan" sleep 30 3>&- &
  holder=$!
  eventually sh -c '! flock -n "$0" true' "$STORE/partial/sha256-$orphan"
  ok "$SWIMG" prune
  [ ! -e "$STORE/blobs/sha256/$orphan" ] && [ -e "$STORE/partial/sha256-$orphan" ]
  kill $holder $(pgrep -P $holder) || true
  wait $holder || true
  ok "$SWIMG" prune
  [ ! -e "$STORE/partial/sha256-$orphan" ]
  clean_store
}

@test "rm --all-tags takes all names of a repository and no other" {
  loaded sound
  ok "$SWIMG" tag app:1.0 app:2.0
  ok "$SWIMG" tag app:1.0 other:1
  ok "$SWIMG" rm --all-tags app
  [ "$(names)" = other:1 ]
  ok "$SWIMG" unpack other:1 bundle
  refuses 2 "--all-tags" "$SWIMG" rm --all-tags other:1
}

@test "prune --all empties the store" {
  loaded sound
  image index
  ok "$SWIMG" load --quiet index
  ok "$SWIMG" prune --all --quiet
  clean_store
}

@test "tree and history tell of layers" {
  loaded sound
  image user
  ok "$SWIMG" load --quiet --name two:1 user
  ok "$SWIMG" tree
  [[ "$output" == *"app:1.0, "*"two:1"* || "$output" == *"app:1.0"* ]]
  "$SWIMG" tree --format json | jq -e '[.layers[].images[].names[]] | sort
    == ["docker.io/library/app:1.0", "docker.io/library/two:1"]'
  ok "$SWIMG" history --format '{{.Layer}}' app:1.0
  [ "$output" = "$(layer_of app:1.0 1; layer_of app:1.0 0)" ]
}

@test "verify finds each kind of damage, and only that" {
  loaded sound
  image index
  ok "$SWIMG" load --quiet index
  ok "$SWIMG" verify
  [[ "$output" == "2 images, "*"all is right" ]]
  # Not there because it was never wanted: no damage.
  ok "$SWIMG" load --quiet --name sparse:1 --platform linux/arm64 index
  ok "$SWIMG" verify
  for blob in "$(layer_of app:1.0 0)" "$(id_of app:1.0)" "$(digest_of app:1.0)"; do
    cp "$(blob_of "$blob")" kept
    spoil "$(blob_of "$blob")"
    capture "$SWIMG" verify
    [ "$status" -eq 1 ] || fail "not found"
    [[ "$output" == *"app:1.0"*"${blob:0:19}"* && "$output" != *multi* ]] || fail "another finding"
    rm "$(blob_of "$blob")"
    capture "$SWIMG" verify --format json app:1.0
    [ "$status" -eq 1 ]
    jq -e --arg digest "$blob" '.findings[0].digest == $digest' <<<"$output"
    cp kept "$(blob_of "$blob")"
    ok "$SWIMG" verify
  done
}

@test "verify --repair drops damage, and the next load mends it" {
  loaded sound
  spoil "$(blob_of "$(layer_of app:1.0 0)")"
  capture "$SWIMG" verify --repair
  [ "$status" -eq 1 ]
  [[ "$output" == *"(dropped)"* ]]
  [ ! -e "$(blob_of "$(layer_of app:1.0 0)")" ]
  ok "$SWIMG" load --quiet sound
  ok "$SWIMG" verify
}

@test "load from a directory mends a damaged blob, a document and one of a wrong size" {
  loaded sound
  digest=$(digest_of app:1.0)
  layer=$(layer_of app:1.0 0)
  spoil "$(blob_of "$layer")"
  ok "$SWIMG" load --quiet sound
  ok "$SWIMG" verify
  spoil "$(blob_of "$digest")"
  ok "$SWIMG" load --quiet sound
  ok "$SWIMG" verify
  truncate -s 7 "$(blob_of "$layer")"
  ok "$SWIMG" load --quiet sound
  ok "$SWIMG" verify
}

@test "load takes one platform of an index, and the index whole" {
  image index
  ok "$SWIMG" load --quiet --platform linux/arm64 index
  "$SWIMG" list --format json | jq -e '.[0].platforms == ["linux/arm64"]'
  [ "$(digest_of multi:1)" = "$(jq -r '.manifests[0].digest' index/index.json)" ]
  ok "$SWIMG" unpack --platform linux/arm64 multi:1 bundle
  refuses 1 "no image for linux/riscv64" "$SWIMG" load --platform linux/riscv64 index
}

@test "load --allow writes only the names that are allowed" {
  loaded sound
  ok "$SWIMG" tag app:1.0 evil:1
  ok "$SWIMG" save -o both.tar app:1.0 evil:1
  rm -rf "$STORE"
  ok "$SWIMG" load --quiet --allow 'app:*' both.tar
  [ "$(names)" = app:1.0 ]
  refuses 1 "no name in it is allowed" "$SWIMG" load --allow 'nothing' both.tar
}

@test "list, inspect and verify beside a busy rm never fail" {
  image sound
  (
    for _ in $(seq 25); do
      "$SWIMG" load -q --name come:1 sound && "$SWIMG" rm -q come:1
    done
  ) 3>&- &
  loop=$!
  eventually test -e "$STORE/index.json"
  while kill -0 $loop 2>/dev/null; do
    ok "$SWIMG" list
    [[ "$output" != *damaged* ]] || fail "a removed image is shown as damaged"
    ok "$SWIMG" verify
    ok "$SWIMG" df
  done
  wait $loop
}

@test "an unpack keeps its image while rm and prune go on" {
  loaded sound
  # The bundle's file system is a pipe's end: stop it in the middle by SIGSTOP instead.
  for _ in 1 2 3 4 5; do
    "$SWIMG" load -q sound
    "$SWIMG" unpack --quiet --pull never app:1.0 kept 2>unpack.err 3>&- &
    pid=$!
    kill -STOP $pid
    "$SWIMG" rm -q app:1.0 || true
    "$SWIMG" prune -q
    kill -CONT $pid
    status=0
    wait $pid || status=$?
    # It had the image, or found that it was gone: never half of it.
    if [ "$status" -eq 0 ]; then
      [ "$(cat kept/rootfs/new)" = n ]
    else
      grep -qE "no such image|no image store|is not there" unpack.err || fail "$(cat unpack.err)"
    fi
    rm -rf kept
  done
}

@test "a signal ends each verb that waits for the index" {
  loaded sound
  for command in "rm app:1.0" "tag app:1.0 b:1" "load -q sound" "prune"; do
    flock "$STORE" sleep 30 3>&- &
    holder=$!
    eventually sh -c '! flock -n "$0" true' "$STORE"
    # shellcheck disable=SC2086
    "$SWIMG" $command 2>err 3>&- &
    pid=$!
    sleep 0.3
    kill -0 $pid || fail "$command did not wait"
    kill -INT $pid
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    kill $holder $(pgrep -P $holder) || true
    wait $holder || true
    [ "$status" -eq 130 ] || [ "$status" -eq 143 ] || fail "$command: exit $status"
    grep -q "interrupted by signal" err
  done
  [ "$(names)" = app:1.0 ]
  ok "$SWIMG" verify
}

@test "an ordinary user reads a store that is root's, and rm leaves what is being read" {
  require_root
  require setpriv
  loaded sound
  cp "$SWIMG" swimg
  chmod -R a+rX "$STORE" .
  passable() { setpriv --reuid 1234 --regid 1234 --clear-groups test -x "$PWD/swimg"; }
  passable || skip "missing: a way for users to swimg"
  ok setpriv --reuid 1234 --regid 1234 --clear-groups env "SWIMG_STORE=$STORE" ./swimg verify
  ok setpriv --reuid 1234 --regid 1234 --clear-groups env "SWIMG_STORE=$STORE" ./swimg cat app:1.0 /new
  [ "$output" = n ]
  # Who can't leave a lease holds the gate.
  flock --shared "$STORE/blobs" sleep 30 3>&- &
  holder=$!
  eventually sh -c '! flock -n "$0" true' "$STORE/blobs"
  capture "$SWIMG" rm app:1.0
  [ "$status" -eq 0 ]
  says "in use"
  kill $holder $(pgrep -P $holder) || true
  wait $holder || true
  ok "$SWIMG" prune
  clean_store
}

@test "a store of twenty thousand names is read and written" {
  loaded sound
  jq -c '.manifests |= [range(20000) as $n | .[0]
    | .annotations."org.opencontainers.image.ref.name" = "docker.io/library/app:\($n)"]' \
    "$STORE/index.json" >index && cp index "$STORE/index.json"
  [ "$(stat -c %s index)" -gt 4194304 ]
  ok "$SWIMG" tag app:7 other:1
  ok "$SWIMG" rm app:8
  [ "$(names | wc -l)" -eq 20000 ]
}

@test "what a killed process left is locked until it is gone" {
  require strace
  loaded sound
  touch "$STORE/.swimg-dead"
  timeout 60 strace -f -e trace=openat,openat2,close,unlinkat -o trace "$SWIMG" rm app:1.0 >/dev/null
  # From the moment of its lock to that of its end its descriptor stays open.
  awk '
    /openat2?\(.*"\.swimg-dead"/ { file = $NF }
    file != "" && $0 ~ "close\\(" file "\\)" { exit 1 }
    /unlinkat.*"\.swimg-dead"/ { found = 1; exit }
    END { if (!found) exit 2 }' trace || fail "$(cat trace)"
}

@test "a layer that many images of a directory stand on is read once" {
  require strace
  image sound
  ok "$SWIMG" load --quiet sound
  # The same image under ten manifests: only their annotations differ.
  for number in 1 2 3 4 5 6 7 8 9 10; do
    manifest=$(jq -r '.manifests[0].digest' sound/index.json)
    jq -c --arg n $number '.annotations.number = $n' "sound/blobs/${manifest/://}" >m
    sum=$(sha256sum <m | cut -d' ' -f1)
    cp m "sound/blobs/sha256/$sum"
    jq --arg d "sha256:$sum" --argjson s "$(stat -c %s m)" --arg n $number \
      '.manifests += [.manifests[0] | .digest = $d | .size = $s
        | .annotations."org.opencontainers.image.ref.name" = "app:\($n)"]' sound/index.json >index
    cp index sound/index.json
  done
  timeout 60 strace -f -e trace=openat,openat2 -o trace "$SWIMG" load --quiet sound
  layer=$(jq -r '.layers[0].digest' m)
  [ "$(grep -c "${layer#sha256:}" trace)" -le 3 ] || fail "opened $(grep -c "${layer#*:}" trace) times"
}

@test "an index that has one manifest ten thousand times is read in a moment" {
  "$PYTHON" - "$STORE" <<'PY'
import hashlib, json, os, sys
blobs = sys.argv[1] + "/blobs/sha256/"
os.makedirs(blobs)
def put(kind, **document):
    data = json.dumps(document).encode()
    digest = hashlib.sha256(data).hexdigest()
    with open(blobs + digest, "wb") as file:
        file.write(data)
    return {"mediaType": f"application/vnd.oci.image.{kind}.v1+json", "digest": f"sha256:{digest}",
            "size": len(data)}
config = put("config", architecture="amd64", os="linux",
             rootfs={"type": "layers", "diff_ids": []})
manifest = put("manifest", schemaVersion=2, config=config, layers=[],
               annotations={f"key{n}": "value" * 4 for n in range(90_000)})
# For as many platforms, and for none.
index = put("index", schemaVersion=2, manifests=[
    manifest | {"platform": {"os": "linux", "architecture": "amd64", "variant": f"v{n}"}}
    for n in range(5_000)] + [manifest | {"platform": {"os": "plan9", "architecture": "mips"}}] * 5_000)
index["annotations"] = {"org.opencontainers.image.ref.name": "docker.io/library/app:1"}
with open(sys.argv[1] + "/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [index]}, file)
with open(sys.argv[1] + "/oci-layout", "w") as file:
    file.write('{"imageLayoutVersion": "1.0.0"}')
PY
  # Read ten thousand times it took some minutes, deaf to signals.
  for command in "list --quiet" "inspect app:1" "verify --quiet" "tree" "history app:1" \
    "save --output out.tar app:1" "prune" "rm app:1"; do
    # shellcheck disable=SC2086
    ok timeout -s KILL 20 "$SWIMG" $command
  done
}

@test "on a full disk images are read, and removed to make room" {
  require_root
  mkdir disk
  mount -t tmpfs -o size=4m full disk
  export SWIMG_STORE=$PWD/disk/store
  STORE=$SWIMG_STORE
  loaded sound
  ok "$SWIMG" tag app:1.0 other:1
  cat /dev/zero >disk/filler 2>/dev/null || true
  ok "$SWIMG" ls app:1.0
  ok "$SWIMG" verify
  ok "$SWIMG" unpack --quiet app:1.0 bundle
  ok "$SWIMG" prune --all
  clean_store
  umount disk
}

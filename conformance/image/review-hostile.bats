#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a second look brought to light: bombs of numbers, commands to a terminal or a runtime.

load image

setup() { begin_image; }

REVIEW_IMAGES=$CONFORMANCE/image/review-images.py

# review_loaded CASE: makes a case and loads it.
review_loaded() {
  "$PYTHON" "$REVIEW_IMAGES" "$1" "$1"
  ok "$SWIMG" load --quiet "$1"
}

# plain TEXT: no byte of it is a control character but the newline.
plain() { ! LC_ALL=C grep -q '[[:cntrl:]]' <<<"$1" || fail "control characters in: $(cat -v <<<"$1")"; }

@test "indexes that name one another 300 times are each read once" {
  review_loaded index_bomb
  ok timeout -s KILL 10 "$SWIMG" list
  [[ "$output" == *linux/amd64* ]]
  ok timeout -s KILL 20 "$SWIMG" unpack --quiet app:1.0 bundle
  ok timeout -s KILL 10 "$SWIMG" rm --quiet app:1.0
  clean_store
}

@test "sizes whose sum is no 64-bit number" {
  review_loaded huge_sizes
  ok "$SWIMG" list
  [[ "$output" == *app:1.0* ]]
  refuses 1 "is not in the store" "$SWIMG" unpack app:1.0 bundle
  clean_bundle
}

@test "a message never carries an image's commands to the terminal" {
  "$PYTHON" "$REVIEW_IMAGES" escape_key escape_key
  refuses 1 '31mred" occurs twice' "$SWIMG" load escape_key
  plain "$err"
  review_loaded escape_type
  refuses 1 'unknown media type' "$SWIMG" unpack app:1.0 bundle
  plain "$err"
  review_loaded escape_user
  refuses 1 '31mmallory": no such user' "$SWIMG" unpack app:1.0 bundle
  plain "$err"
}

@test "labels that runtimes would obey do not become annotations" {
  review_loaded runtime_labels
  ok "$SWIMG" unpack --quiet app:1.0 bundle
  [ "$(jq -r '.annotations | keys[]' bundle/config.json | grep -cE '^(run\.oci|org\.(systemd|criu))\.')" -eq 0 ]
  [ "$(jq -r '.annotations["run.ocilot"]' bundle/config.json)" = harmless ]
  [ "$(jq -r '.annotations["org.opencontainers.image.author"]' bundle/config.json)" = me ]
}

@test "forty thousand labels cost a second, not minutes" {
  "$PYTHON" "$REVIEW_IMAGES" many_labels many_labels
  ok timeout -s KILL 10 "$SWIMG" load --quiet many_labels
  ok timeout -s KILL 10 "$SWIMG" unpack --quiet app:1.0 bundle
  [ "$(jq '.annotations | length' bundle/config.json)" -eq 40003 ]
}

@test "a variable whose value begins with a combining mark" {
  review_loaded combining
  ok "$SWIMG" unpack --quiet app:1.0 bundle
  [ "$(jq '[.process.env[] | select(startswith("A="))] | length' bundle/config.json)" -eq 1 ]
  [ "$(jq '[.process.env[] | select(startswith("MARK="))] | length' bundle/config.json)" -eq 1 ]
}

@test "twenty loads at once do not take one another's staging places" {
  image sound
  local pids=() pid
  for _ in {1..20}; do
    "$SWIMG" load --quiet sound 2>>errors &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do wait "$pid" || fail "a load failed: $(cat errors)"; done
  [ -z "$(find "$STORE" -name '.swimg-*')" ] || fail "a temporary place is left"
}

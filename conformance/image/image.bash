# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the cases of conformance/image share: a store and a working directory of their own, and the
# rules that every failure of swimg obeys.

load ../lib/common

IMAGES=$CONFORMANCE/image/images.py

# begin_image: a case's own world.
begin_image() {
  cd "$BATS_TEST_TMPDIR" || return 1
  require jq "$PYTHON" "$SWIMG"
  [ -x /bin/busybox ] || skip "missing: /bin/busybox"
  STORE=$BATS_TEST_TMPDIR/store
  OUTSIDE=$BATS_TEST_TMPDIR/outside
  export SWIMG_STORE=$STORE OUTSIDE
  mkdir "$OUTSIDE"
  echo untouched >"$OUTSIDE/victim"
  chmod 600 "$OUTSIDE/victim"
}

# image CASE: makes a case of images.py under its own name.
image() { "$PYTHON" "$IMAGES" "$1" "$1"; }

# loaded CASE: the same, loaded.
loaded() {
  image "$1"
  ok "$SWIMG" load --quiet "$1"
}

# refuses STATUS PATTERN CMD...: it fails with this status and one line that says so.
refuses() {
  local wanted=$1 pattern=$2
  shift 2
  capture "$@"
  [ "$status" -eq "$wanted" ] || fail "exit $status, wanted $wanted, of: $*"
  [ "$(wc -l <<<"$err")" -eq 1 ] || fail "more than one line on stderr of: $*"
  [[ "$err" == "swimg: "* ]] || fail "the message does not begin with swimg: $*"
  # shellcheck disable=SC2053
  [[ "$err" == *$pattern* ]] || fail "the message lacks '$pattern'"
  [ -z "$output" ] || fail "something on stdout"
}

# store_files: everything in the store but what an empty one has.
store_files() {
  [ -d "$STORE" ] || return 0
  find "$STORE" -mindepth 1 ! -type d ! -name oci-layout ! -name index.json -printf '%P\n' | sort
  find "$STORE" -mindepth 1 -type d -name '.swimg-*' -printf '%P\n'
}

# clean_store: no blob, no name and no temporary file is in it.
clean_store() {
  [ -z "$(store_files)" ] || fail "left in the store: $(store_files)"
  [ ! -e "$STORE/index.json" ] || [ "$(jq '.manifests | length' "$STORE/index.json")" -eq 0 ] ||
    fail "a name is left in the store"
}

# clean_bundle: neither the bundle nor a part of one is there, and the world outside is as it was.
clean_bundle() {
  [ ! -e bundle ] || fail "a bundle is left"
  untouched
}

untouched() {
  [ -z "$(find . -maxdepth 1 -name '.*.swimg-*')" ] || fail "a temporary bundle is left"
  [ "$(cat "$OUTSIDE/victim")" = untouched ] || fail "a file outside was written"
  [ "$(stat -c '%a %h' "$OUTSIDE/victim")" = "600 1" ] || fail "a file outside was changed"
  [ "$(ls -A "$OUTSIDE")" = victim ] || fail "a file was made outside"
  [ ! -e /CANARY-absolute ] && [ ! -e /tmp/CANARY ] || fail "a file was made on the host"
}

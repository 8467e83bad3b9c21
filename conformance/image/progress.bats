#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is shown of a transfer: bars on a terminal, lines for tools, nothing in a pipe; and Ctrl-C.

load registry

setup() {
  begin_registry
  "$PYTHON" "$SERVER" image origin 204800 26214400
  serve_faults origin
}
teardown() { end_registry; }

# on_terminal COMMAND...: by the script on standard input; ./screen is what was shown.
on_terminal() {
  timeout 60 "$PYTHON" "$CONFORMANCE/lib/on-terminal.py" 24 100 screen "$@" >facts 2>err 3>&- ||
    fail "$(cat err); screen: $(cat -v screen)"
}

@test "a terminal has a bar for each layer and one for all, which go in the end" {
  on_terminal "$SWIMG" pull --tls-verify=false "$FAULTS/slow/app:1" <<'SCRIPT'
expect total
expect MiB/s
SCRIPT
  grep -qx status=0 facts
  local digest label
  for digest in $(jq -r '.layers[].digest' "$(grep -l '"layers"' origin/blobs/sha256/* | head -1)"); do
    label=${digest#*:}
    grep -qF "${label:0:12}  [" screen || fail "no bar of $digest: $(cat -v screen)"
  done
  grep -qE 'total +\[#*-*\] +[0-9.]+ (B|KiB|MiB)/25\.[0-9] MiB +[0-9.]+ [KM]iB/s' screen ||
    fail "no total: $(cat -v screen)"
  # Erased before the result is written: what follows the last erasing is that line alone.
  [[ "$(tr -d '\r' <screen | sed 's/.*\x1b\[J//' | tail -n 1)" == "$FAULTS/slow/app:1 sha256:"* ]] ||
    fail "$(tail -c 300 screen | cat -v)"
}

@test "a terminal that is narrow or says no size is not overrun" {
  timeout 60 "$PYTHON" "$CONFORMANCE/lib/on-terminal.py" 24 50 screen \
    "$SWIMG" pull --quiet --tls-verify=false "$FAULTS/plain/app:1" >facts 2>err 3>&- </dev/null
  [ ! -s screen ] || fail "--quiet shows something: $(cat -v screen)"
  rm -rf store
  timeout 60 "$PYTHON" "$CONFORMANCE/lib/on-terminal.py" 24 50 screen \
    "$SWIMG" pull --tls-verify=false "$FAULTS/slow/app:1" >facts 2>err 3>&- </dev/null
  longest=$(grep -a '\[[#-]*\]' screen | sed 's/\x1b\[[0-9]*[AJK]//g' | tr -d '\r' |
    awk '{ if (length > max) max = length } END { print max }')
  [ "$longest" -lt 50 ] || fail "a line of $longest columns"
}

@test "a pipe gets no progress, and what is asked for as JSON is one object a line" {
  ok insecure pull "$FAULTS/plain/app:1"
  [ -z "$err" ] || fail "progress in a pipe"
  [ "$(wc -l <<<"$output")" -eq 1 ]
  rm -rf store
  ok insecure pull --progress none "$FAULTS/plain/app:1"
  [ -z "$err" ]
  rm -rf store
  ok insecure pull --progress json "$FAULTS/slow/app:1"
  jq -e -s 'all(.[]; has("event") and has("digest") and has("done") and has("size"))' <<<"$err" >/dev/null
  [ "$(jq -r 'select(.event == "begin").digest' <<<"$err" | sort -u | wc -l)" -eq 3 ]
  [ "$(jq -r 'select(.event == "downloaded") | select(.done == .size).digest' <<<"$err" |
    sort -u | wc -l)" -eq 3 ]
  [ "$(jq -r 'select(.event == "progress").done' <<<"$err" | wc -l)" -gt 5 ] || fail "no steps"
  # Never backwards.
  jq -r 'select(.event == "progress") | "\(.digest) \(.done)"' <<<"$err" |
    awk '$2 < last[$1] { exit 1 } { last[$1] = $2 }'
}

@test "Ctrl-C ends a pull by the signal, clears the bars and keeps what has come" {
  on_terminal "$SWIMG" pull --tls-verify=false "$FAULTS/slow/app:1" <<'SCRIPT'
expect downloaded
expect MiB/s
slow 0.5
send \x03
SCRIPT
  grep -qx status=-2 facts || fail "$(cat facts)"
  grep -qx sane=yes facts
  grep -q 'interrupted by signal 2' screen
  # The small layer is whole, the large one a part; nobody has a name yet.
  [ "$(find store/blobs/sha256 -type f -size +100k | wc -l)" -eq 1 ] || fail "$(find store -type f -ls)"
  [ "$(find store/partial -size +500k | wc -l)" -eq 1 ]
  [ -z "$(swimg list --quiet)" ]
  held=$(awk '{ end = $2 } END { print end }' store/partial/*.ranges)
  ok insecure pull --quiet "$FAULTS/plain/app:1"
  sent=$(requests '.path | contains("/plain/app/blobs/")' | jq -s 'map(.sent) | add')
  [ "$sent" -le $((26214400 - held)) ] || fail "$sent bytes came, with $held there"
}

@test "Ctrl-C ends an unpack that pulls, and a push, in the same way" {
  require_root
  on_terminal "$SWIMG" unpack --tls-verify=false "$FAULTS/slow/app:1" bundle <<'SCRIPT'
expect MiB/s
slow 0.5
send \x03
SCRIPT
  grep -qx status=-2 facts || fail "$(cat facts)"
  clean_bundle
  [ "$(find store/partial -size +500k | wc -l)" -eq 1 ]
  "$PYTHON" "$SERVER" image large 41943040
  ok swimg load --name app:1 large
  on_terminal "$SWIMG" push --tls-verify=false app:1 "$FAULTS/slowupload/app:1" <<'SCRIPT'
expect MiB/s
slow 0.5
send \x03
SCRIPT
  grep -qx status=-2 facts || fail "$(cat facts)"
  [ "$(find store/uploads -size +0 | wc -l)" -ge 1 ] || fail "nothing to go on from"
}

@test "work goes on, or cleans up, where nobody reads standard error" {
  mkfifo pipe
  exec 6<>pipe 7>pipe 6<&-
  for place in '>/dev/full' '>&-' '>&7'; do
    rm -rf "$STORE"
    status=0
    eval "insecure pull --progress json '$FAULTS/plain/app:1' 2$place" >out 3>&- || status=$?
    [ "$status" -eq 0 ] || fail "exit $status with 2$place"
    [ -z "$(find "$STORE" -name '.swimg-*')" ] || fail "$(find "$STORE")"
    ok swimg verify
    [[ "$output" == "1 images, "* ]]
    # A warning of a verb that speaks to no registry.
    flock --shared "$STORE/blobs" sleep 30 3>&- &
    holder=$!
    eventually sh -c '! flock -n "$0" true' "$STORE/blobs"
    eval "'$SWIMG' rm '$FAULTS/plain/app:1' 2$place" >out 3>&- || status=$?
    kill $holder $(pgrep -P $holder) || true
    wait $holder || true
    [ "$status" -eq 0 ] || fail "exit $status with 2$place"
  done
  exec 7>&-
}

@test "a terminal that is closed does not keep a copy from cleaning up, nor one under nohup from ending" {
  mkdir tmp
  copy() {
    rm -f out.tar
    printf '%s\n' 'expect KiB' hangup | TMPDIR=$PWD/tmp timeout 60 "$PYTHON" \
      "$CONFORMANCE/lib/on-terminal.py" 24 80 screen "$@" \
      "$SWIMG" copy --tls-verify=false "docker://$FAULTS/slow/app:1" oci-archive:out.tar \
      >facts 2>err 3>&-
    [ -z "$(ls -A tmp)" ] || fail "left: $(find tmp) $(cat facts)"
  }
  copy env
  [ ! -e out.tar ] || fail "not ended: $(cat facts)"
  copy sh -c 'trap "" HUP; exec "$0" "$@"'
  [ -e out.tar ] || fail "ended: $(cat facts)"
}

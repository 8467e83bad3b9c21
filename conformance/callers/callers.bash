# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For the cases of those who call a runtime. They start daemons and change networks and mounts, so they
# run in a guest only, where one storage of images serves all files:
#   conformance/vm/suite uml+callers systemd
# $SWRUN is the runtime that the caller is given; --runtime crun or runc in its place. What is known to
# come out otherwise with those stands in conformance/callers/known-differences.
load ../lib/common

KNOWN_DIFFERENCES=$CONFORMANCE/callers/known-differences
TOOLS=localhost/tools:1
# Of make-image, made once in a guest.
IMAGES=/run/callers-images
# The longest that one command of a caller's may take; machines are emulated and shared.
: "${PATIENCE:=120}"
export PATIENCE

require_guest() {
  [ -e /run/job/command ] || skip "needs a guest: conformance/vm/suite uml+callers systemd"
}

# in_guest PROGRAM...: for setup_file, which skips by saying nothing: does this file's cases run here?
in_guest() {
  local program
  [ -e /run/job/command ] || return 1
  for program; do command -v "$program" >/dev/null || return 1; done
}

# images: $IMAGES/tools.tar and pause.tar are there.
images() {
  [ ! -d $IMAGES ] || return 0
  modprobe -a overlay veth bridge tun fuse 2>/dev/null || true
  "$CONFORMANCE/callers/make-image" "$PROBE" $IMAGES.new
  mv $IMAGES.new $IMAGES
}

# installed: the runtime under test is where the files of examples/ say, so that they hold as they are.
installed() {
  mkdir -p /usr/local/sbin
  ln -sfn "$SWRUN" /usr/local/sbin/swrun
}

# begin_case PROGRAM...: in setup, of every case.
begin_case() {
  require_guest
  require "$@"
  known_difference
  cd "$BATS_TEST_TMPDIR" || return 1
  # A name for what this case makes.
  NAME=case$BATS_TEST_NUMBER
}

# within SECONDS CMD...: succeeds in that time.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || fail "not in time: $*" || return 1
    sleep 0.1
  done
}

# soon CMD...
soon() { within "$PATIENCE" "$@"; }

# exits STATUS CMD...: capture, and it has to exit so; 126 and 127 are answers too.
exits() {
  local wanted=$1
  shift
  status=0
  "$@" >"$BATS_TEST_TMPDIR/.out" 2>"$BATS_TEST_TMPDIR/.err" </dev/null 3>&- 4>&- || status=$?
  output=$(cat "$BATS_TEST_TMPDIR/.out")
  err=$(cat "$BATS_TEST_TMPDIR/.err")
  [ "$status" -eq "$wanted" ] || fail "exit $status, wanted $wanted, of: $*"
}

# prints TEXT CMD...: it succeeds and its output is this.
prints() {
  local wanted=$1
  shift
  ok "$@"
  [ "$output" = "$wanted" ] || fail "wanted '$wanted' of: $*"
}

# has TEXT CMD...: it succeeds and its output has this somewhere.
has() {
  local wanted=$1
  shift
  ok "$@"
  [[ "$output" == *"$wanted"* ]] || fail "wanted '$wanted' in the output of: $*"
}

# shows TEXT CMD...: has, without a word if not: for soon.
shows() {
  local wanted=$1
  shift
  [[ "$("$@" 2>&1 3>&- </dev/null)" == *"$wanted"* ]]
}

# not_found NAME: standard error names the missing program in the words that callers look for. (crun has
# its own: executable file `NAME` not found.)
not_found() {
  says 'not found in $PATH'
  [ "$RUNTIME" = crun ] || says "exec: \"$1\": executable file not found in \$PATH"
}

# on_terminal CMD... <SCRIPT: by a person at a terminal of 24 lines; $status is its own.
on_terminal() {
  output=$(timeout -k 5 "$PATIENCE" "$PYTHON" -B "$CONFORMANCE/lib/on-terminal.py" 24 80 screen "$@" \
    2>&1 3>&-) || fail "the terminal: $output" "$(cat screen 2>/dev/null)" || return 1
  expect sane yes || { cat -v screen >&2 && return 1; }
  status=$(fact status)
}

# nat: whether this kernel can translate addresses, which engines want for a bridge of theirs.
nat() {
  local answer=$BATS_RUN_TMPDIR/nat
  [ -f "$answer" ] || {
    # Listing a table that can't be is answered with an empty one.
    local rule=(POSTROUTING -s 203.0.113.1 -j MASQUERADE)
    iptables -t nat -A "${rule[@]}" 2>/dev/null && iptables -t nat -D "${rule[@]}" && echo yes ||
      echo no
  } >"$answer"
  [ "$(cat "$answer")" = yes ]
}

# criu_works: found out once: on an emulated machine that takes a while.
criu_works() {
  local answer=/run/callers-criu
  [ -f $answer ] || { timeout 120 criu check >/dev/null 2>&1 && echo yes || echo no; } >$answer
  [ "$(cat $answer)" = yes ]
}

# --- SIGKILL -----------------------------------------------------------------------------------

MORTAL=/run/callers-mortal

mortal_runtime() {
  mkdir -p $MORTAL
  cp "$CONFORMANCE/callers/mortal" "$MORTAL/$RUNTIME"
  ln -sfn "$SWRUN" $MORTAL/real
  [ -p $MORTAL/never ] || mkfifo $MORTAL/never
  rm -f $MORTAL/when
  : >$MORTAL/done
}

# killed_in VERB: calls `attempt`, whose runtime is $MORTAL/$RUNTIME and dies in that verb, each time
# somewhat later, and `clean`, with which the caller has to get rid of what that left.
killed_in() {
  local verb=$1 steps=12 step whole
  mortal_runtime
  echo "$verb" >$MORTAL/when
  for step in 1 2; do
    attempt >/dev/null 2>&1 3>&- 4>&- </dev/null
    clean
  done
  rm -f $MORTAL/when
  whole=$(awk '/^ended in/ { print $3 }' $MORTAL/done | sort -n | head -n 1)
  [ "$whole" ] || fail "nobody called $verb"
  : >$MORTAL/done
  for step in $(seq 0 $((steps - 1))); do
    awk -v verb="$verb" -v part="$step" -v of=$steps -v whole="$whole" \
      'BEGIN { print verb, whole * part / of + 0.001 }' >$MORTAL/when
    attempt >attempt.log 2>&1 3>&- 4>&- </dev/null || true
    rm -f $MORTAL/when
    clean || fail "after $verb was killed at step $step of $steps" "$(cat attempt.log)" || return 1
    nothing_left || return 1
  done
  [ "$(grep -c killed $MORTAL/done)" -ge $((steps / 4)) ] || fail "killed too seldom" "$(cat $MORTAL/done)"
}

# machine_leftovers: what no engine may leave of a container, whatever its name was: state of the
# runtime, its cgroups, its mounts.
machine_leftovers() {
  local root
  for root in "/run/$RUNTIME" /proc/1/root/run/user/*/"$RUNTIME" /run/containerd/runc /run/docker/runtime-*; do
    [ ! -d "$root" ] || find "$root" -mindepth 1 -maxdepth 3 \
      -type f \( -name state.json -o -name status -o -name record.json \) -printf 'state: %p\n'
  done
  grep -oE ' /[^ ]*/(merged|rootfs)( |$)' /proc/self/mountinfo | sed 's/^/mount:/' || true
  find /sys/fs/cgroup -depth -type d \( -name 'libpod-*' -o -name 'docker-*' -o -name 'cri-*' \
    -o -path '*/docker/*' -o -path '*/default/*' \) -printf 'cgroup: %p\n'
}

# nothing_left: after a moment for those who are still at it.
nothing_left() {
  local try left
  for try in $(seq 100); do
    left=$(machine_leftovers)
    [ -n "$left" ] || return 0
    sleep 0.1
  done
  # The next case shall not stumble over it.
  local file
  sed -n 's/^state: //p' <<<"$left" | while read -r file; do
    file=${file%/*}
    "$SWRUN" --root "${file%/*}" delete --force "${file##*/}" >/dev/null 2>&1 3>&- || true
  done
  sed -n 's/^cgroup: //p' <<<"$left" | while read -r file; do rmdir "$file" 2>/dev/null || true; done
  output='' err='' fail "left behind (after $try looks):" "$left"
}

# SPDX-License-Identifier: Apache-2.0
# buildah: images by hand and from a recipe, each step run by the runtime under test.
load podman

setup_file() {
  podman_begins
  export BUILDAH_RUNTIME=$SWRUN BUILDAH_ISOLATION=oci
}
teardown_file() { podman_ends; }
setup() { begin_case buildah; }
teardown() {
  [ -z "${NAME-}" ] || buildah rm -a >/dev/null 2>&1 3>&- || true
  [ -z "${NAME-}" ] || nothing_left
}

engine() { timeout --foreground -k 5 "$PATIENCE" buildah "$@"; }

# Without translated addresses no bridge.
network() { nat || echo --network=none; }

@test "buildah: from, run, config, commit, and a container of the image" {
  ok engine from --name "$NAME" $TOOLS
  prints "version 1" engine run $(network) "$NAME" -- sh -c 'echo "version $VERSION"; echo made >/made'
  exits 9 engine run $(network) "$NAME" -- sh -c 'exit 9'
  ok engine config --cmd 'cat /made' --env WORD=x "$NAME"
  ok engine commit "$NAME" "localhost/$NAME"
  prints made timeout "$PATIENCE" podman run --rm --network none "localhost/$NAME"
  ok engine rmi "localhost/$NAME"
}

@test "buildah: --runtime names the program that is called" {
  ok engine from --name "$NAME" $TOOLS
  unset BUILDAH_RUNTIME
  prints said engine run --runtime /usr/local/sbin/swrun $(network) "$NAME" -- echo said
  exits 1 engine run --runtime /no/such/runtime $(network) "$NAME" -- echo said
  says /no/such/runtime
}

@test "buildah: run -t has a terminal" {
  ok engine from --name "$NAME" $TOOLS
  on_terminal buildah run -t $(network) "$NAME" -- sh <<'END'
expect #
send tty; exit 3\r
expect /dev/
END
  [ "$status" -eq 3 ] || fail "exit $status"
}

@test "buildah: run with a user, a directory, a volume, capabilities and no network" {
  ok engine from --name "$NAME" $TOOLS
  mkdir data
  echo outside >data/file
  ok engine run --network=none --user guest --workingdir /tmp -v "$PWD/data:/data" --cap-drop all \
    "$NAME" -- sh -c 'id -un; pwd; cat /data/file; grep CapBnd /proc/self/status'
  [ "$output" = $'guest\n/tmp\noutside\nCapBnd:\t0000000000000000' ] || fail "not what it says"
}

@test "buildah: bud with several RUN lines" {
  cat >Containerfile <<END
FROM $TOOLS
RUN echo one >/one
RUN cat /one && echo two >/two
USER guest
RUN id -un >/tmp/who
CMD ["cat", "/one", "/two", "/tmp/who"]
END
  ok engine bud $(network) --layers -t "localhost/$NAME" .
  prints $'one\ntwo\nguest' timeout "$PATIENCE" podman run --rm --network none "localhost/$NAME"
  ok engine rmi "localhost/$NAME"
}

@test "buildah: a RUN line that fails ends the build" {
  printf 'FROM %s\nRUN echo said; exit 9\nRUN echo never\n' $TOOLS >Containerfile
  exits 9 engine bud $(network) -t "localhost/$NAME" .
  [[ "$output" == *said* && "$output" != *never* ]] || fail "not what it says"
  printf 'FROM %s\nRUN ["nothing-of-that-name"]\n' $TOOLS >Containerfile
  capture engine bud $(network) -t "localhost/$NAME" . || true
  [ "$status" -ne 0 ]
}

@test "buildah: --memory and --ulimit hold in a RUN line" {
  printf 'FROM %s\nRUN cat /sys/fs/cgroup/memory.max; ulimit -n\n' $TOOLS >Containerfile
  ok engine bud $(network) --memory 64m --ulimit nofile=77:77 -t "localhost/$NAME" .
  [[ "$output" == *67108864$'\n'77* ]] || fail "not what it says"
  ok engine rmi "localhost/$NAME"
}

# SPDX-License-Identifier: Apache-2.0
# swrun-checkpoint(8), swrun-restore(8): what is refused before CRIU is asked, on every machine.
load ../lib/common
setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "these are swrun's own messages"
  IMAGE=$BATS_TEST_TMPDIR/image
}
teardown() { finish; }

@test "without CRIU the message says what is missing, and the container goes on" {
  started
  refused runtime --criu /nowhere/criu checkpoint --image-path "$IMAGE" c1
  says "criu is not there"
  says "/nowhere/criu"
  [ "$(container_status c1)" = running ]
  mkdir -p "$IMAGE"
  refused runtime --criu /nowhere/criu restore --bundle "$BUNDLE" --image-path "$IMAGE" c2
  says "criu is not there"
  [ ! -e "$STATE/c2" ]
}

@test "the configuration that a container was made of is asked, wherever it is" {
  probe wait
  mv "$BUNDLE/config.json" other.json
  launch run c1 --detach --config other.json
  eventually grep -q ready c1.out
  refused runtime --criu /nowhere/criu checkpoint --image-path "$IMAGE" c1
  says "criu is not there"
  mv other.json "$BUNDLE/config.json"
  refused runtime --criu /nowhere/criu checkpoint --image-path "$IMAGE" c1
  says "other.json"
}

@test "a CRIU that ends at once is an error that shows what it printed" {
  started
  printf '#!/bin/sh\necho "Error (criu/test.c:1): no luck" >&2\nexit 1\n' >criu
  chmod +x criu
  refused runtime --criu "$PWD/criu" checkpoint --image-path "$IMAGE" c1
  says "Error (criu/test.c:1): no luck"
  [ "$(container_status c1)" = running ]
  edit '.linux.cgroupsPath = $path' --arg path "/$TAG/c2"
  refused runtime --criu "$PWD/criu" restore --bundle "$BUNDLE" --image-path "$IMAGE" c2
  says "Error (criu/test.c:1): no luck"
  [ ! -e "$STATE/c2" ]
}

@test "only a running container is checkpointed" {
  refused runtime checkpoint --image-path "$IMAGE" c1
  says "container does not exist"
  created
  refused runtime checkpoint --image-path "$IMAGE" c1
  says "not running: created"
  [ ! -e "$IMAGE" ]
}

@test "restore refuses an id that is taken" {
  started
  mkdir "$IMAGE"
  refused runtime restore --bundle "$BUNDLE" --image-path "$IMAGE" c1
  says "already exists"
  [ "$(container_status c1)" = running ]
}

@test "values that can't be are refused" {
  for words in "--page-server nowhere" "--page-server :1" "--page-server host:0" \
    "--page-server host:70000" "--status-fd 1" "--status-fd x" "--status-fd 77" \
    "--manage-cgroups-mode none" "--empty-ns pid"; do
    # shellcheck disable=SC2086
    refused runtime checkpoint $words c1
    says "${words%% *}"
  done
}

# podman decides by this text whether it may restore into a pod.
@test "an option without its value says: flag needs an argument" {
  refused runtime restore --lsm-mount-context
  says "flag needs an argument"
  ok runtime checkpoint --help
}

@test "a user namespace is lent images and nothing else, whatever parent says" {
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]'
  mkdir -m 0700 victim host host/victim
  mkdir -m 0755 host/images
  IMAGE=$PWD/host/images
  touch "$IMAGE/inventory.img" "$IMAGE/pages-1.img" "$IMAGE/notes" victim/inventory.img secret
  chmod 0600 "$IMAGE"/* secret
  ln secret "$IMAGE/linked.img"
  ln -s ../../secret "$IMAGE/symbolic.img"
  # It fails: what counts is who may read what when it begins.
  printf '#!/bin/sh\nstat -c "%%g %%a %%n" %s >%s 2>&1\nexit 1\n' \
    "images images/inventory.img images/pages-1.img images/notes victim ../victim ../secret" \
    "$PWD/seen" | sed "2s,^,cd $PWD/host; ," >criu
  chmod +x criu
  lend() {
    refused runtime --criu "$PWD/criu" restore --bundle "$BUNDLE" --image-path "$IMAGE" \
      --work-path "$PWD/of-criu" c1
  }
  lend
  diff seen - <<'EOF'
200000 755 images
200000 640 images/inventory.img
200000 640 images/pages-1.img
0 600 images/notes
0 700 victim
0 700 ../victim
0 600 ../secret
EOF
  [ "$(stat -c '%g %a' "$IMAGE" "$IMAGE/pages-1.img" | xargs)" = "0 755 0 600" ]
  rm seen
  ln -s ../victim "$IMAGE/parent"
  lend
  says "no inventory.img"
  ln -sfn ../../victim "$IMAGE/parent"
  lend
  says "leads out of the directory"
  [ ! -e seen ]
  [ "$(stat -c '%g %a' victim "$IMAGE" "$IMAGE/pages-1.img" | xargs)" = "0 700 0 755 0 600" ]
}

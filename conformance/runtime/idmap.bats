# SPDX-License-Identifier: Apache-2.0
# config.md#linux-mount-options idmap and ridmap, config.md#mounts uidMappings; and what crun has
# beyond the specification for mounts and symbolic links.
load ../lib/common
setup() {
  require_runtime 1.2 1.8
  begin
}
teardown() { finish; }

pointed() { [ "$RUNTIME" != swrun ] || says "$1:"; }

# source_of OWNER: a directory with a file of that owner, and a mount of it at /mnt.
source_of() {
  mkdir -p "$BATS_TEST_TMPDIR/source"
  echo text >"$BATS_TEST_TMPDIR/source/name"
  chown "$1:$1" "$BATS_TEST_TMPDIR/source" "$BATS_TEST_TMPDIR/source/name"
}

# mapped OPTIONS [MAPPINGS]: JSON of both.
mapped() {
  edit '.mounts += [{"destination": "/mnt", "type": "bind", "source": $source,
    "options": $options} + if $mappings then {"uidMappings": $mappings, "gidMappings": $mappings}
    else {} end]' --arg source "$BATS_TEST_TMPDIR/source" --argjson options "$1" \
    --argjson mappings "${2:-null}"
}

in_user_namespace() {
  chown -R 100000:100000 "$BUNDLE/rootfs"
  chmod 0755 "$BATS_TEST_TMPDIR" "$BUNDLE" "$STATE" "${BATS_TEST_TMPDIR%/*}" \
    "${BATS_TEST_TMPDIR%/*/*}"
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings | del(.linux.resources)'
}

@test "a mount's own mappings change the owners that the container sees" {
  source_of 1000
  mapped '["bind", "idmap"]' '[{"containerID": 1000, "hostID": 2000, "size": 10}]'
  in_container stat /mnt/name /mnt
  expect_match stat:/mnt/name "- ???? 2000:2000"
  expect_match stat:/mnt "d ???? 2000:2000"
  [ "$(stat -c %u "$BATS_TEST_TMPDIR/source/name")" = 1000 ]
}

@test "what is made through such a mount is mapped back" {
  source_of 1000
  mapped '["bind", "idmap"]' '[{"containerID": 1000, "hostID": 0, "size": 1}]'
  entry /bin/touch /mnt/made
  ok runtime run --bundle "$BUNDLE" c1
  [ "$(stat -c %u:%g "$BATS_TEST_TMPDIR/source/made")" = 1000:1000 ]
}

@test "idmap without mappings takes those of the user namespace" {
  in_user_namespace
  source_of 0
  mapped '["bind", "idmap"]'
  in_container stat /mnt/name
  expect_match stat:/mnt/name "- ???? 0:0"
  # And without it the host's root is nobody here: what the option is for.
  edit '.mounts[-1].options = ["bind"]'
  in_container stat /mnt/name
  expect_match stat:/mnt/name "- ???? 65534:65534"
}

@test "a mount's own mappings in a user namespace" {
  in_user_namespace
  source_of 7
  mapped '["bind", "idmap"]' '[{"containerID": 7, "hostID": 100005, "size": 1}]'
  in_container stat /mnt/name
  expect_match stat:/mnt/name "- ???? 5:5"
}

@test "idmap takes the mapping of a user namespace that is joined" {
  in_user_namespace
  source_of 0
  unshare --user sleep 60 3>&- 4>&- &
  local keeper=$!
  eventually eval '[ "$(readlink /proc/'"$keeper"'/ns/user)" != "$(readlink /proc/self/ns/user)" ]'
  echo "0 100000 65536" >/proc/$keeper/gid_map
  echo "0 100000 65536" >/proc/$keeper/uid_map
  edit '.linux.namespaces |= map(if .type == "user" then .path = $path else . end)
    | del(.linux.uidMappings, .linux.gidMappings)' --arg path "/proc/$keeper/ns/user"
  mapped '["bind", "idmap"]'
  probe stat /mnt/name
  capture runtime run --bundle "$BUNDLE" c1
  kill "$keeper" && wait "$keeper" || true
  [ "$status" -eq 0 ] || fail "exit $status"
  expect_match stat:/mnt/name "- ???? 0:0"
}

@test "ridmap reaches the mounts below, and idmap does not" {
  source_of 1000
  mkdir "$BATS_TEST_TMPDIR/source/below"
  mount -t tmpfs -o uid=1000,gid=1000 below "$BATS_TEST_TMPDIR/source/below"
  mapped '["rbind", "ridmap"]' '[{"containerID": 1000, "hostID": 2000, "size": 1}]'
  probe stat /mnt/name /mnt/below
  capture runtime run --bundle "$BUNDLE" c1
  local first=$output first_status=$status
  edit '.mounts[-1].options = ["rbind", "idmap"]'
  capture runtime run --bundle "$BUNDLE" c1
  umount "$BATS_TEST_TMPDIR/source/below"
  [ "$status" -eq 0 ] && [ "$first_status" -eq 0 ] || fail "exit $first_status, $status"
  expect_match stat:/mnt/below "d ???? 1000:1000"
  output=$first
  expect_match stat:/mnt/name "- ???? 2000:2000"
  expect_match stat:/mnt/below "d ???? 2000:2000"
}

@test "idmap is refused where it can't be done, never passed over" {
  source_of 0
  mapped '["bind", "idmap"]'
  refused runtime create --bundle "$BUNDLE" c1
  pointed "/mounts/7/options"
  edit '.mounts[-1] = {"destination": "/mnt", "type": "tmpfs", "source": "tmpfs",
    "options": ["idmap"], "uidMappings": $mappings, "gidMappings": $mappings}' \
    --argjson mappings '[{"containerID": 0, "hostID": 1, "size": 1}]'
  refused runtime create --bundle "$BUNDLE" c1
  pointed "/mounts/7/options/0"
  edit '.mounts[-1].options = []'
  refused runtime create --bundle "$BUNDLE" c1
  pointed "/mounts/7/uidMappings"
  edit '.mounts[-1] |= (del(.gidMappings) | .type = "bind" | .source = "/" | .options = ["bind"])'
  refused runtime create --bundle "$BUNDLE" c1
  pointed "/mounts/7/gidMappings"
}

@test "a file system that can't be mapped is an error that names the mount" {
  edit '.mounts += [{"destination": "/mnt", "type": "bind", "source": "/proc/sys",
    "options": ["bind", "idmap"], "uidMappings": $mappings, "gidMappings": $mappings}]' \
    --argjson mappings '[{"containerID": 0, "hostID": 1, "size": 1}]'
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says "/mnt"
}

# crun.1, MOUNT OPTIONS
link_mount() {
  echo real >"$BATS_TEST_TMPDIR/real"
  ln -s "$BATS_TEST_TMPDIR/real" "$BATS_TEST_TMPDIR/link"
  edit '.mounts += [{"destination": "/etc/name", "type": "bind", "source": $source,
    "options": $options}]' --arg source "$BATS_TEST_TMPDIR/link" --argjson options "$1"
}

@test "copy-symlink makes the link anew, once and again, and nothing else in its place" {
  link_mount '["bind", "copy-symlink"]'
  entry /bin/busybox readlink /etc/name
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = "$BATS_TEST_TMPDIR/real" ] || fail "$output"
  [ -L "$BUNDLE/rootfs/etc/name" ]
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = "$BATS_TEST_TMPDIR/real" ]
  ln -sfn elsewhere "$BUNDLE/rootfs/etc/name"
  capture runtime create --bundle "$BUNDLE" c1
  [ "$status" -ne 0 ] || fail "something else was taken for the link"
  [ "$(readlink "$BUNDLE/rootfs/etc/name")" = elsewhere ]
}

@test "copy-symlink of what is no link is a bind mount" {
  link_mount '["bind", "copy-symlink"]'
  rm "$BATS_TEST_TMPDIR/link" && echo plain >"$BATS_TEST_TMPDIR/link"
  in_container file /etc/name
  expect file:/etc/name plain
}

@test "copy-symlink in a user namespace, whose root can't read the host's directory" {
  in_user_namespace
  chown 100000:100000 "$BUNDLE/rootfs/etc"
  mkdir -m 0700 "$BATS_TEST_TMPDIR/hidden"
  ln -s target "$BATS_TEST_TMPDIR/hidden/link"
  edit '.mounts += [{"destination": "/etc/name", "type": "bind", "source": $source,
    "options": ["bind", "copy-symlink"]}]' --arg source "$BATS_TEST_TMPDIR/hidden/link"
  entry /bin/busybox readlink /etc/name
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = target ] || fail "$output"
}

@test "src-nofollow mounts the link itself" {
  link_mount '["bind", "src-nofollow"]'
  entry /bin/busybox readlink /etc/name
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = "$BATS_TEST_TMPDIR/real" ] || fail "$output"
  [ ! -L "$BUNDLE/rootfs/etc/name" ]
}

@test "dest-nofollow mounts over a link and not over what it leads to" {
  echo other >"$BUNDLE/rootfs/etc/other"
  ln -s other "$BUNDLE/rootfs/etc/name"
  echo mine >"$BATS_TEST_TMPDIR/link"
  edit '.mounts += [{"destination": "/etc/name", "type": "bind", "source": $source,
    "options": ["bind", "dest-nofollow"]}]' --arg source "$BATS_TEST_TMPDIR/link"
  in_container file /etc/name /etc/other
  expect file:/etc/name mine
  expect file:/etc/other other
  edit '.mounts[-1].options = ["bind"]'
  in_container file /etc/other
  expect file:/etc/other mine
}

@test "options about links are for bind mounts" {
  edit '.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs",
    "options": ["src-nofollow"]}]'
  refused runtime create --bundle "$BUNDLE" c1
  pointed /mounts/7/options
}

@test "features says that mounts can be mapped" {
  ok "$SWRUN" features
  jq -e '.linux.mountExtensions.idmap.enabled == true' <<<"$output"
  # Others list what they hand to mount(2) alone, or one of the two.
  [ "$RUNTIME" != swrun ] ||
    jq -e '.mountOptions | index("idmap") != null and index("ridmap") != null' <<<"$output"
}

# SPDX-License-Identifier: Apache-2.0
# A state directory on a file system that is full.
load ../lib/common
setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  mount -t tmpfs -o size=32k,nr_inodes=20,mode=700 none "$STATE"
}
teardown() {
  runtime delete --force c1 || true
  umount -l "$STATE"
  finish
}

fill() { dd if=/dev/zero of="$STATE/.fill" bs=4096 2>/dev/null || true; }

@test "create in a full state directory fails in one line and leaves nothing" {
  fill
  probe wait
  refused runtime create --bundle "$BUNDLE" c1
  says "no space left on device (ENOSPC)"
  [ -z "$(containers)" ]
}

@test "start tells why the program can't run although the state directory is full" {
  printf '#!/not/there\n' >"$BUNDLE/rootfs/script"
  chmod +x "$BUNDLE/rootfs/script"
  entry /script
  launch create c1
  fill
  refused runtime start c1
  says "\"/script\": no such file or directory (ENOENT): it is there, but not the interpreter"
}

@test "a container is deleted from a full state directory" {
  created
  fill
  ok runtime delete --force c1
  [ -z "$(containers)" ]
}

# SPDX-License-Identifier: Apache-2.0
# Tasks that containerd saves and brings back, through the runtime and CRIU:
#   conformance/vm/suite --long qemu systemd
load containerd

setup_file() {
  in_guest containerd criu && criu_works || return 0
  containerd_begins
}
teardown_file() { containerd_ends; }
setup() {
  begin_case containerd criu
  criu_works || skip "criu can't work on this kernel"
}
teardown() { finish_containerd; }

@test "checkpoint: containerd saves a task to an image and makes another of it" {
  sleeper
  ok engine containers checkpoint --image --task "$NAME" "localhost/$NAME"
  prints RUNNING status_of "$NAME"
  ok task kill -s KILL "$NAME"
  soon shows STOPPED status_of "$NAME"
  ok task rm "$NAME"
  ok engine containers rm "$NAME"
  ok engine containers restore --live "$NAME" "localhost/$NAME"
  prints RUNNING status_of "$NAME"
  [ "$(tr '\0' ' ' <"/proc/$(pid_of "$NAME")/cmdline")" = "probe wait " ]
}

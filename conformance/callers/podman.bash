# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# podman with the runtime under test, as examples/containers.conf says.
load callers

# podman_begins [AS...]: in setup_file, with the words before podman. Its storage is the guest's own.
podman_begins() {
  in_guest podman || return 0
  images
  mkdir -p /etc/containers/containers.conf.d
  # For --userns auto.
  grep -q ^containers: /etc/subuid || echo containers:300000:65536 | tee -a /etc/subuid >>/etc/subgid
  installed
  cp "$REPOSITORY/examples/containers.conf" /etc/containers/containers.conf.d/swrun.conf
  # A bridge needs translated addresses; cases that want a network ask for one.
  cat >/etc/containers/containers.conf.d/zz-conformance.conf <<END
[containers]
log_driver = "k8s-file"
netns = "$(nat && echo bridge || echo none)"
[engine]
runtime = "$RUNTIME"
cgroup_manager = "$MANAGER"
events_logger = "file"
END
  local image
  for image in tools pause; do
    "$@" podman image exists localhost/$image:1 || "$@" podman load -q -i $IMAGES/$image.tar >/dev/null
  done
}

podman_ends() {
  in_guest podman || return 0
  rm -f /etc/containers/containers.conf.d/*.conf
}

engine() { timeout --foreground -k 5 "$PATIENCE" podman "$@"; }

# sleeper [OPTION...]: a container that waits, ready for exec.
sleeper() {
  ok engine run -d --name "$NAME" "$@" $TOOLS probe wait
  soon shows ready engine logs "$NAME"
}

finish_podman() {
  [ -n "${NAME-}" ] || return 0
  [ -n "${BATS_TEST_COMPLETED-}" ] || engine pod rm -f -a -t 0 >/dev/null 2>&1 3>&- </dev/null || true
  engine rm -f -a -t 0 >/dev/null 2>&1 3>&- </dev/null || true
  nothing_left
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A containerd of our own, with what examples/containerd.toml says, and ctr.
load callers

CONTAINERD=/run/callers-containerd

# containerd_begins: in setup_file.
containerd_begins() {
  in_guest containerd ctr || return 0
  images
  mkdir -p $CONTAINERD
  local by_systemd=false
  [ "$MANAGER" != systemd ] || by_systemd=true
  installed
  {
    sed "s|\(SystemdCgroup =\).*|\1 $by_systemd|" "$REPOSITORY/examples/containerd.toml"
    cri_settings
  } >$CONTAINERD/config.toml
  containerd --config $CONTAINERD/config.toml >$CONTAINERD/log 2>&1 </dev/null 3>&- 4>&- &
  echo $! >$CONTAINERD/pid
  soon shows Server: ctr version
  local archive
  for archive in tools pause; do
    ctr -n "${1-default}" image import $IMAGES/$archive.tar >/dev/null
  done
}

# Where Debian has the network plugins, and a pause image of our own.
cri_settings() {
  cat <<END
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$CONTAINERD/net.d"
END
}

containerd_ends() {
  [ -f $CONTAINERD/pid ] || return 0
  kill "$(cat $CONTAINERD/pid)" || true
  soon eval '! kill -0 $(cat $CONTAINERD/pid) 2>/dev/null'
  rm $CONTAINERD/pid
}

engine() { timeout --foreground -k 5 "$PATIENCE" ctr "$@"; }
task() { engine tasks "$@"; }

# run [OPTION...] IMAGE ID WORD...: ctr run with the runtime under test.
run() {
  local options=(--runc-binary "$SWRUN")
  [ "$MANAGER" != systemd ] || options+=(--runc-systemd-cgroup --cgroup "system.slice:ctr:$NAME-$RANDOM")
  engine run "${options[@]}" "$@"
}

# sleeper [OPTION...]: a task named $NAME that waits.
sleeper() {
  ok run -d "$@" $TOOLS "$NAME" probe wait
  prints RUNNING status_of "$NAME"
}

status_of() { task ls | awk -v id="$1" '$1 == id { print $3 }'; }
pid_of() { task ls | awk -v id="$1" '$1 == id { print $2 }'; }

# group_of ID: its cgroup's directory.
group_of() { echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of "$1")/cgroup")"; }

finish_containerd() {
  [ -n "${NAME-}" ] || return 0
  local id
  for id in $(engine tasks ls -q 3>&-); do
    task kill -s KILL -a "$id" >/dev/null 2>&1 3>&- || true
    task rm -f "$id" >/dev/null 2>&1 3>&- || true
  done
  for id in $(engine containers ls -q 3>&-); do
    engine containers rm "$id" >/dev/null 2>&1 3>&- || true
  done
  nothing_left
}

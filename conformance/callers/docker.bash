# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A dockerd of our own on a containerd of our own; the runtime under test is its default one, by what
# examples/daemon.json says. Its BuildKit starts the first runc of PATH, which is a link to the same.
load containerd

DOCKER=/run/callers-docker

docker_begins() {
  in_guest dockerd docker containerd ctr || return 0
  containerd_begins
  mkdir -p $DOCKER/bin
  ln -sf "$SWRUN" $DOCKER/bin/runc
  local translated=false
  ! nat || translated=true
  jq --arg driver "native.cgroupdriver=$MANAGER" --argjson nat $translated '
    ."exec-opts" = [$driver] | ."default-runtime" = "swrun" | .iptables = $nat | ."ip-masq" = $nat' "$REPOSITORY/examples/daemon.json" >$DOCKER/daemon.json
  PATH=$DOCKER/bin:$PATH dockerd --config-file $DOCKER/daemon.json --group root \
    --containerd /run/containerd/containerd.sock >$DOCKER/log 2>&1 </dev/null 3>&- 4>&- &
  echo $! >$DOCKER/pid
  soon shows Server docker version
  docker load -q -i $IMAGES/tools.tar >/dev/null
}

docker_ends() {
  [ -f $DOCKER/pid ] || return 0
  kill "$(cat $DOCKER/pid)" || true
  soon eval '! kill -0 $(cat $DOCKER/pid) 2>/dev/null'
  rm $DOCKER/pid
  containerd_ends
}

engine() { timeout --foreground -k 5 "$PATIENCE" docker "$@"; }

# sleeper [OPTION...]: a container that waits, ready for exec.
sleeper() {
  ok engine run -d --name "$NAME" "$@" $TOOLS probe wait
  soon shows ready engine logs "$NAME"
}

finish_docker() {
  [ -n "${NAME-}" ] || return 0
  local ids
  ids=$(engine ps -aq 3>&-)
  # shellcheck disable=SC2086
  [ -z "$ids" ] || engine rm -f -v $ids >/dev/null 2>&1 3>&- </dev/null || true
  nothing_left
}

# SPDX-License-Identifier: Apache-2.0
# A container as a service of Type=notify: systemd waits for what the container says.
load systemd

# service OPTION... -- WORD...: this case's service, of which systemd waits until it is ready.
service() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  systemd-run --quiet --unit="$TAG-service" -p Type=notify -p TimeoutStartSec=30 \
    -p "StandardOutput=append:$PWD/out" -p "StandardError=append:$PWD/err" \
    "${options[@]}" "$SWRUN" --root "$STATE" --systemd-cgroup "$@" 3>&-
}

# of_service PROPERTY VALUE
of_service() {
  local value
  value=$(property "$1" "$TAG-service.service")
  [ "$value" = "$2" ] || fail "$1 is '$value', wanted '$2'"
}

@test "a service whose container is ready has the runtime as its main process" {
  entry /bin/sh -c '/bin/sleep 1; echo before; /probe notify READY=1 STATUS=x; exec /probe wait'
  service -- run --bundle "$BUNDLE" c1
  grep -q before out
  of_service ActiveState active
  [ "$(cat "/proc/$(property MainPID "$TAG-service.service")/comm")" = swrun ]
  [ -z "$(property StatusText "$TAG-service.service")" ]
  systemctl stop "$TAG-service" 3>&-
  grep -q signal=15 out
  [ -z "$(containers)" ]
}

@test "a detached container is the main process of its service, and its end is the service's" {
  entry /bin/sh -c '/bin/sleep 1; /probe notify READY=1; exec /probe wait'
  service -- run --detach --bundle "$BUNDLE" c1
  of_service ActiveState active
  of_service MainPID "$(container_pid c1)"
  ok bare kill c1 KILL
  ended() { [ "$(property ActiveState "$TAG-service.service")" != active ]; }
  eventually ended
  systemctl reset-failed "$TAG-service.service" 3>&- || true
}

@test "a service whose container ends without a word has failed" {
  probe exit 3
  unless service -- run --bundle "$BUNDLE" c1
  systemctl reset-failed "$TAG-service.service" 3>&- || true
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the cases of registries share: Debian's docker-registry and the misbehaving server of
# registry-server.py, both on loopback and gone with the case.

load image

SERVER=$CONFORMANCE/image/registry-server.py

begin_registry() {
  begin_image
  require timeout
  PIDS=()
  # Nothing of this machine's own configuration counts.
  export HOME=$BATS_TEST_TMPDIR/home XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
  export CONTAINERS_REGISTRIES_CONF=$BATS_TEST_TMPDIR/registries.conf
  unset REGISTRY_AUTH_FILE DOCKER_CONFIG XDG_CONFIG_HOME
  unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY
  mkdir -p "$HOME" "$XDG_RUNTIME_DIR"
  : >"$CONTAINERS_REGISTRIES_CONF"
}

end_registry() {
  local pid
  for pid in ${PIDS[@]+"${PIDS[@]}"}; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

# swimg WORD...: nobody waits longer than a minute for it.
swimg() { timeout --foreground -k 5 "${PATIENCE:-60}" "$SWIMG" "$@"; }

# insecure VERB WORD...: the same, of a registry without certificates.
insecure() {
  local verb=$1
  shift
  swimg "$verb" --tls-verify=false "$@"
}

# serve_faults DIR [OPTION...]: sets $FAULTS, host and port of the misbehaving server, and $LOG.
serve_faults() {
  local folder=$1
  shift
  LOG=$BATS_TEST_TMPDIR/requests
  : >"$LOG"
  rm -f port
  "$PYTHON" "$SERVER" serve "$folder" --log "$LOG" --ready port "$@" \
    >server.out 2>&1 </dev/null 3>&- &
  PIDS+=($!)
  eventually test -e port
  PORT=$(cat port)
  FAULTS=127.0.0.1:$PORT
}

# requests FILTER: the lines of the log that a jq condition selects.
requests() { jq -c "select($1)" "$LOG"; }

# serve_registry [EXTRA-YAML]: sets $REGISTRY, host and port of docker-registry.
serve_registry() {
  require docker-registry
  local try
  for try in 1 2 3 4 5; do
    PORT=$((20000 + RANDOM % 20000))
    cat >registry-$PORT.yml <<YAML
version: 0.1
log: {level: info}
storage:
  filesystem: {rootdirectory: $BATS_TEST_TMPDIR/registry-$PORT}
  delete: {enabled: true}
http:
  addr: 127.0.0.1:$PORT
${1-}
YAML
    docker-registry serve registry-$PORT.yml >registry-$PORT.log 2>&1 </dev/null 3>&- &
    PIDS+=($!)
    for _ in $(seq 100); do
      (exec 9<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && break
      kill -0 "${PIDS[-1]}" 2>/dev/null || break
      sleep 0.05
    done
    if kill -0 "${PIDS[-1]}" 2>/dev/null; then
      REGISTRY=localhost:$PORT
      REGISTRY_LOG=$BATS_TEST_TMPDIR/registry-$PORT.log
      return
    fi
  done
  fail "docker-registry does not start (try $try): $(tail -3 registry-$PORT.log)"
}

# certificates: a CA and a server's certificate for localhost and 127.0.0.1, and a client's.
certificates() {
  require openssl
  mkdir -p tls
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-ca \
    -keyout tls/ca.key -out tls/ca.crt 2>/dev/null
  local name
  for name in server client; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
      -keyout tls/$name.key -out tls/$name.csr 2>/dev/null
    openssl x509 -req -in tls/$name.csr -CA tls/ca.crt -CAkey tls/ca.key -CAcreateserial -days 2 \
      -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:198.51.100.7") \
      -out tls/$name.crt 2>/dev/null
  done
}

# same_image A B: two stores hold the same bytes for every blob that A's only image needs.
same_blobs() {
  diff <(cd "$1/blobs/sha256" && sha256sum -- * | sort) \
    <(cd "$2/blobs/sha256" && sha256sum -- * | sort)
}

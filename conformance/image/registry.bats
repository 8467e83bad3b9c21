#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# swimg, Debian's docker-registry, skopeo, podman and umoci read what each of them has written.

load registry

setup() { begin_registry; }
teardown() { end_registry; }

# there_and_back REFERENCE-IN-STORE: swimg → registry → skopeo → registry → swimg, byte for byte.
there_and_back() {
  ok insecure push --quiet "$1" "$REGISTRY/one/$2:1"
  ok skopeo copy -q --all --preserve-digests --src-tls-verify=false --dest-tls-verify=false \
    "docker://$REGISTRY/one/$2:1" "dir:$2-dir"
  ok skopeo copy -q --all --preserve-digests --src-tls-verify=false --dest-tls-verify=false \
    "dir:$2-dir" "docker://$REGISTRY/two/$2:1"
  rm -rf back
  SWIMG_STORE=$PWD/back insecure pull --quiet --platform all "$REGISTRY/two/$2:1" ||
    fail "pulling it back"
  [ "$(SWIMG_STORE=$PWD/back swimg list --format json | jq -r '.[0].digest')" = \
    "$(swimg list --format json | jq -r --arg name "$1" '.[] | select(.name | endswith($name)).digest')" ] ||
    fail "another digest came back"
  for blob in back/blobs/sha256/*; do cmp "$blob" "$STORE/blobs/sha256/${blob##*/}"; done
}

@test "round trips are byte for byte: gzip and zstd, OCI and Docker media types" {
  require skopeo zstd
  serve_registry
  loaded sound
  there_and_back app:1.0 gzip
  ok skopeo copy -q --format v2s2 --dest-tls-verify=false oci:sound:app:1.0 \
    "docker://$REGISTRY/docker/app:2"
  ok insecure pull --quiet "$REGISTRY/docker/app:2"
  [ "$(swimg inspect --format json "$REGISTRY/docker/app:2" | jq -r '.. | .mediaType? // empty' |
    grep -c docker)" -gt 0 ] || fail "no Docker media type"
  there_and_back "$REGISTRY/docker/app:2" docker
  "$PYTHON" "$CONFORMANCE/image/recompress.py" sound zstd zstd
  ok swimg load --name app:3 zstd
  there_and_back app:3 zstd
}

@test "round trips of indexes are byte for byte: OCI gzip and zstd, Docker gzip" {
  require skopeo zstd
  serve_registry
  local kind
  # Of zstd under Docker's media types skopeo knows nothing.
  for kind in "oci gzip" "oci zstd" "docker gzip"; do
    rm -rf index sound
    # shellcheck disable=SC2086
    make_index $kind
    ok swimg load --name "multi:${kind/ /-}" index
    there_and_back "multi:${kind/ /-}" "multi-${kind/ /-}"
  done
}

@test "a multi-platform index goes whole, by platform, and in part" {
  require skopeo
  serve_registry
  make_index
  ok swimg load --name multi:1 index
  there_and_back multi:1 multi
  rm -rf store
  ok insecure pull --quiet --platform linux/arm64 "$REGISTRY/one/multi:1"
  [ "$(jq -r '.manifests[0].mediaType' store/index.json)" = \
    application/vnd.oci.image.index.v1+json ]
  ok insecure push "$REGISTRY/one/multi:1" "$REGISTRY/part/multi:1"
  says "only one image"
  [ "$(skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/part/multi:1" |
    jq -r .config.mediaType)" != null ]
  refuses 1 'no image for linux/s390x: there is linux/amd64, linux/arm64' \
    insecure pull --platform linux/s390x "$REGISTRY/one/multi:1"
  # The platform that was left out is pulled when it is wanted.
  ok insecure unpack --quiet --platform linux/amd64 "$REGISTRY/one/multi:1" bundle
  rm -rf store
  ok insecure pull --quiet --platform linux/amd64 --platform linux/arm64 "$REGISTRY/one/multi:1"
  [ "$(find store/blobs/sha256 -type f | wc -l)" -eq "$(find index/blobs/sha256 -type f | wc -l)" ]
}

# make_index [oci|docker] [none|gzip|zstd]: a layout `index` with an image for each of two platforms.
make_index() {
  image sound
  cp -r sound index
  "$PYTHON" - "${1-oci}" "${2-none}" <<'PYTHON'
import gzip, hashlib, json, pathlib, subprocess, sys
family, compression = sys.argv[1:]
root = pathlib.Path("index")
blobs = root / "blobs/sha256"
types = {
    "oci": ["vnd.oci.image.index.v1+json", "vnd.oci.image.manifest.v1+json",
            "vnd.oci.image.config.v1+json", "vnd.oci.image.layer.v1.tar"],
    "docker": ["vnd.docker.distribution.manifest.list.v2+json",
               "vnd.docker.distribution.manifest.v2+json", "vnd.docker.container.image.v1+json",
               "vnd.docker.image.rootfs.diff.tar"],
}[family]
index_type, manifest_type, config_type, layer_type = ("application/" + name for name in types)
suffix = {"none": "", "gzip": "+gzip", "zstd": "+zstd"}[compression]
if family == "docker":
    suffix = suffix.replace("+", ".")
def read(entry):
    return (blobs / entry["digest"][7:]).read_bytes()
def put(value, media_type):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}
def packed(data):
    if compression == "gzip":
        return gzip.compress(data, mtime=0)
    if compression == "zstd":
        return subprocess.run(["zstd", "-q"], input=data, capture_output=True, check=True).stdout
    return data
top = json.loads((root / "index.json").read_text())["manifests"][0]
manifest = json.loads(read(top))
config = json.loads(read(manifest["config"]))
layers = [read(layer) for layer in manifest["layers"]]
if manifest["layers"][0]["mediaType"].endswith("gzip"):
    layers = [gzip.decompress(layer) for layer in layers]
manifests = []
for platform in ({"os": "linux", "architecture": "amd64"},
                 {"os": "linux", "architecture": "arm64", "variant": "v8"}):
    config["architecture"] = platform["architecture"]
    entry = put({
        "schemaVersion": 2, "mediaType": manifest_type, "config": put(config, config_type),
        "layers": [put(packed(layer), layer_type + suffix) for layer in layers],
    }, manifest_type)
    manifests.append({**entry, "platform": platform})
index = put({"schemaVersion": 2, "mediaType": index_type, "manifests": manifests}, index_type)
(root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [index]}))
# Nothing is left that no image needs.
wanted = {index["digest"][7:]}
for entry in manifests:
    content = json.loads(read(entry))
    wanted |= {one["digest"][7:] for one in [entry, content["config"], *content["layers"]]}
for file in blobs.iterdir():
    if file.name not in wanted:
        file.unlink()
PYTHON
}

@test "umoci unpacks what swimg pushed, and swimg reads what buildah pushed" {
  require skopeo umoci buildah
  require_root
  serve_registry
  loaded sound
  ok insecure push --quiet app:1.0 "$REGISTRY/team/app:1"
  skopeo copy -q --src-tls-verify=false "docker://$REGISTRY/team/app:1" oci:copied:1
  umoci unpack --image copied:1 by-umoci
  ok swimg unpack --quiet app:1.0 by-swimg
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" by-umoci/rootfs by-swimg/rootfs
  local b=(buildah --root "$PWD/b" --runroot "$PWD/r" --storage-driver vfs)
  ok "${b[@]}" from -q --tls-verify=false --name work "$REGISTRY/team/app:1"
  "${b[@]}" commit -q --tls-verify=false work "docker://$REGISTRY/team/built:1" >/dev/null
  ok insecure unpack --quiet "$REGISTRY/team/built:1" built
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" built/rootfs by-swimg/rootfs
}

@test "podman runs what swimg pushed, gzip and zstd, and swimg runs what podman pushed" {
  require podman crun zstd "$SWRUN"
  require_root
  serve_registry
  loaded sound
  ok insecure push --quiet app:1.0 "$REGISTRY/team/app:plain"
  local kind podman=(timeout 60 podman --root "$PWD/p" --runroot "$PWD/pr" --storage-driver vfs
    --events-backend none --cgroup-manager cgroupfs --runtime "$(command -v crun)")
  for kind in gzip zstd; do
    "$PYTHON" "$CONFORMANCE/image/recompress.py" sound "$kind" "$kind"
    ok swimg load --quiet --name "app:$kind" "$kind"
    ok insecure push --quiet "app:$kind" "$REGISTRY/team/app:$kind"
  done
  for kind in plain gzip zstd; do
    ok in_cgroup2 "${podman[@]}" run --rm -q --tls-verify=false --network none --cgroups=disabled \
      --ulimit nofile=256:256 --ulimit nproc=256:256 "$REGISTRY/team/app:$kind" \
      /bin/busybox cat /new
    [ "$output" = n ] || fail "podman ran something else"
  done
  ok in_cgroup2 "${podman[@]}" push -q --tls-verify=false "$REGISTRY/team/app:gzip" \
    "docker://$REGISTRY/team/podman:1"
  rm -rf store
  ok insecure unpack --quiet "$REGISTRY/team/podman:1" bundle -- /bin/busybox cat /new
  ok timeout 60 "$SWRUN" --root "$PWD/state" run --bundle bundle "podman-$RANDOM$RANDOM"
  [ "$output" = n ] || fail "swrun ran something else"
}

@test "unpack pulls what is not there, once" {
  serve_registry
  loaded sound
  ok insecure push --quiet app:1.0 "$REGISTRY/team/app:1"
  rm -rf store
  refuses 1 'no image store' swimg unpack --pull never "$REGISTRY/team/app:1" bundle
  clean_bundle
  ok insecure unpack "$REGISTRY/team/app:1" bundle
  [ -z "$output" ]
  jq -e .process bundle/config.json >/dev/null
  kill "${PIDS[@]}"
  ok insecure unpack "$REGISTRY/team/app:1" bundle2
  refuses 1 '*' insecure unpack --pull always "$REGISTRY/team/app:1" bundle3
}

@test "https with a certificate of certs.d, and a client's certificate" {
  certificates
  serve_registry "  tls: {certificate: $PWD/tls/server.crt, key: $PWD/tls/server.key, clientcas: [$PWD/tls/ca.crt]}"
  loaded sound
  refuses 1 'certificate' swimg push app:1.0 "$REGISTRY/team/app:1"
  mkdir -p "$HOME/.config/containers/certs.d/$REGISTRY"
  cp tls/ca.crt "$HOME/.config/containers/certs.d/$REGISTRY/ca.crt"
  refuses 1 'certificate' swimg push app:1.0 "$REGISTRY/team/app:1"
  cp tls/client.crt "$HOME/.config/containers/certs.d/$REGISTRY/client.cert"
  refuses 1 'client.key is missing' swimg push app:1.0 "$REGISTRY/team/app:1"
  cp tls/client.key "$HOME/.config/containers/certs.d/$REGISTRY/client.key"
  ok swimg push --quiet app:1.0 "$REGISTRY/team/app:1"
  ok swimg pull --quiet "$REGISTRY/team/app:1"
}

@test "login keeps what the registry takes, and only the owner can read it" {
  require htpasswd
  htpasswd -Bbn me 's:cret wörd' >htpasswd
  serve_registry "auth: {htpasswd: {realm: here, path: $PWD/htpasswd}}"
  loaded sound
  refuses 1 'swimg-login' insecure push app:1.0 "$REGISTRY/team/app:1"
  unless insecure login -u me "$REGISTRY" <<<wrong 2>login.err
  grep -q 'not authorized' login.err
  [ ! -e "$XDG_RUNTIME_DIR/containers/auth.json" ]
  ok_login
  file=$XDG_RUNTIME_DIR/containers/auth.json
  [ "$(stat -c %a "$file")" = 600 ]
  [ "$(jq -r --arg host "$REGISTRY" '.auths[$host].auth' "$file" | base64 -d)" = 'me:s:cret wörd' ]
  ok insecure push --quiet app:1.0 "$REGISTRY/team/app:1"
  skopeo inspect --tls-verify=false --authfile "$file" "docker://$REGISTRY/team/app:1" >/dev/null
  ok swimg logout "$REGISTRY"
  refuses 1 'not authorized' insecure pull "$REGISTRY/team/app:1"
  refuses 1 'not logged in' swimg logout "$REGISTRY"
  # What skopeo keeps serves as well.
  skopeo login --tls-verify=false -u me --password-stdin --authfile other.json "$REGISTRY" \
    <<<'s:cret wörd' >/dev/null
  ok insecure pull --quiet --authfile other.json "$REGISTRY/team/app:1"
}

ok_login() {
  insecure login -u me "$REGISTRY" <<<'s:cret wörd' >login.out || fail "login: $?"
  grep -q "logged in to $REGISTRY as me" login.out
}

@test "login does not show the password on a terminal" {
  require htpasswd script
  htpasswd -Bbn me secret-word >htpasswd
  serve_registry "auth: {htpasswd: {realm: here, path: $PWD/htpasswd}}"
  { sleep 1; echo secret-word; sleep 2; } | timeout 20 script -qec \
    "'$SWIMG' login --tls-verify=false -u me $REGISTRY" typescript >/dev/null
  grep -q 'logged in' typescript || fail "$(cat typescript)"
  unless grep -q secret-word typescript
}

@test "a credential helper is asked, given and told to forget" {
  require htpasswd
  htpasswd -Bbn me secret >htpasswd
  serve_registry "auth: {htpasswd: {realm: here, path: $PWD/htpasswd}}"
  loaded sound
  mkdir -p bin "$HOME/.docker" kept
  cat >bin/docker-credential-test <<'SH'
#!/bin/sh
read -r input
case $1 in
  store) echo "$input" >"$KEPT/store" ;;
  get) [ -e "$KEPT/store" ] && cat "$KEPT/store" || { echo "credentials not found in native keychain"; exit 1; } ;;
  erase) rm "$KEPT/store" ;;
esac
SH
  chmod +x bin/docker-credential-test
  export PATH=$PWD/bin:$PATH KEPT=$PWD/kept REGISTRY_AUTH_FILE=$HOME/.docker/config.json
  echo '{"credsStore": "test", "psFormat": "kept"}' >"$REGISTRY_AUTH_FILE"
  refuses 1 'not authorized' insecure push app:1.0 "$REGISTRY/team/app:1"
  insecure login -u me "$REGISTRY" <<<secret >/dev/null
  [ "$(jq -r .Secret kept/store)" = secret ]
  unless grep -q secret "$REGISTRY_AUTH_FILE"
  ok insecure push --quiet app:1.0 "$REGISTRY/team/app:1"
  ok swimg logout "$REGISTRY"
  [ ! -e kept/store ]
  echo '{"credsStore": "../../evil"}' >"$REGISTRY_AUTH_FILE"
  refuses 1 'no name of a credential helper' insecure pull "$REGISTRY/team/app:1"
}

@test "the helper of a registry goes before what the file has left, and logout forgets both" {
  require htpasswd
  htpasswd -Bbn me secret >htpasswd
  serve_registry "auth: {htpasswd: {realm: here, path: $PWD/htpasswd}}"
  loaded sound
  mkdir bin
  cat >bin/docker-credential-test <<'SH'
#!/bin/sh
case $1 in
  get) [ -e gone ] && { echo "credentials not found in native keychain"; exit 1; }
    echo '{"Username": "me", "Secret": "secret"}' ;;
  erase) touch gone ;;
esac
SH
  chmod +x bin/docker-credential-test
  export PATH=$PWD/bin:$PATH REGISTRY_AUTH_FILE=$PWD/auth.json
  jq -n --arg registry "$REGISTRY" --arg stale "$(printf 'me:stale' | base64)" \
    '{credHelpers: {($registry): "test"},
      auths: {($registry): {auth: $stale}, ("https://" + $registry + "/v1/"): {auth: $stale}}}' \
    >auth.json
  ok insecure push --quiet app:1.0 "$REGISTRY/team/app:1"
  ok swimg logout "$REGISTRY"
  [ -e gone ]
  [ "$(jq '.auths | length' auth.json)" -eq 0 ] || fail "an entry is left"
  refuses 1 'not logged in' swimg logout "$REGISTRY"
}

@test "Ctrl-C at the question for a name ends login" {
  serve_registry
  run timeout 20 "$PYTHON" - "$SWIMG" "$REGISTRY" <<'PY'
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], ["swimg", "login", "--tls-verify=false", sys.argv[2]])
seen = b""
while b"Username: " not in seen:
    seen += os.read(terminal, 100)
os.write(terminal, b"\x03")
for _ in range(100):
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        sys.exit(0 if status == 2 else 1)
    time.sleep(0.1)
os.kill(pid, 9)
sys.exit("it goes on")
PY
  [ "$status" -eq 0 ] || fail "$output"
}

@test "what another repository of the registry has is mounted from there" {
  serve_registry
  loaded sound
  ok insecure push --quiet app:1.0 "$REGISTRY/team/app:1"
  ok insecure pull --quiet "$REGISTRY/team/app:1"
  ok insecure push --quiet --progress json "$REGISTRY/team/app:1" "$REGISTRY/other/app:1"
  [ "$(grep -c '"event":"mounted"' <<<"$err")" -eq 3 ] || fail "not mounted"
  ok insecure push --quiet --progress json "$REGISTRY/team/app:1" "$REGISTRY/other/app:2"
  [ "$(grep -c '"event":"present"' <<<"$err")" -eq 3 ] || fail "sent again"
}

@test "tags, search and delete" {
  serve_registry
  loaded sound
  for tag in 1 2 3; do ok insecure push --quiet app:1.0 "$REGISTRY/team/app:$tag"; done
  ok insecure push app:1.0 "$REGISTRY/lone/thing:1"
  digest=${output##* }
  ok insecure tags "$REGISTRY/team/app"
  [ "$(sort <<<"$output")" = "$(printf '1\n2\n3')" ]
  ok insecure search "$REGISTRY"
  [ "$output" = "$(printf '%s/lone/thing\n%s/team/app' "$REGISTRY" "$REGISTRY")" ]
  ok insecure search "$REGISTRY/team"
  [ "$output" = "$REGISTRY/team/app" ]
  # docker-registry 2 deletes no tag; the message has the way out.
  refuses 1 "$digest would go with all its tags" insecure delete "$REGISTRY/team/app:2"
  ok insecure delete "$REGISTRY/team/app@$digest"
  refuses 1 'is not there' insecure pull "$REGISTRY/team/app:1"
  refuses 1 'is not there' insecure delete "$REGISTRY/team/app@$digest"
  refuses 1 'is not there' insecure tags "$REGISTRY/no/such"
}

@test "a pull by digest is kept under that, and prints what it replaced" {
  serve_registry
  loaded sound
  ok insecure push app:1.0 "$REGISTRY/team/app:1"
  digest=${output##* }
  ok insecure pull "$REGISTRY/team/app@$digest"
  [ "$output" = "$REGISTRY/team/app@$digest $digest" ]
  [[ "$(swimg list --quiet)" == *"$REGISTRY/team/app@$digest"* ]]
  ok swimg unpack "$REGISTRY/team/app@$digest" bundle
  refuses 1 'is not there' insecure pull "$REGISTRY/team/app@sha256:$(printf '0%.0s' {1..64})"
}

@test "copy goes between registries, layouts and archives, and leaves the store alone" {
  require skopeo
  serve_registry
  make_index
  ok insecure copy oci:index docker://"$REGISTRY/team/multi:1"
  digest=$output
  first=$REGISTRY
  serve_registry
  ok insecure copy "docker://$first/team/multi:1" "docker://$REGISTRY/other/multi:2"
  [ "$output" = "$digest" ]
  [ "$(skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/other/multi:2" | sha256sum |
    cut -d' ' -f1)" = "${digest#*:}" ]
  # Within one registry nothing is fetched but documents.
  ok insecure copy --progress json "docker://$REGISTRY/other/multi:2" "docker://$REGISTRY/third/multi:1"
  unless grep -E '"event":"downloaded".*"size":[0-9]{4}' <<<"$err"
  [ "$(grep -c '"event":"uploaded"' <<<"$err")" -le 2 ] || fail "layers were sent"
  ok insecure copy "docker://$REGISTRY/third/multi:1" oci:out:app:1
  [ "$output" = "$digest" ]
  for blob in out/blobs/sha256/*; do cmp "$blob" "index/blobs/sha256/${blob##*/}"; done
  [ "$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' out/index.json)" = \
    docker.io/library/app:1 ]
  ok insecure copy "docker://$REGISTRY/third/multi:1" oci-archive:out.tar:app:2
  ok insecure copy --platform linux/amd64 "docker://$REGISTRY/third/multi:1" docker-archive:docker.tar:app:3
  skopeo inspect docker-archive:docker.tar:app:3 >/dev/null
  ok insecure copy oci-archive:out.tar:app:2 "docker://$REGISTRY/back/multi:1"
  [ "$output" = "$digest" ]
  [ ! -e "$STORE" ] || [ -z "$(store_files)" ]
  ok insecure copy "docker://$REGISTRY/back/multi:1" store:kept:1
  [ "$(swimg list --quiet)" = kept:1 ]
  ok insecure copy store:kept:1 "docker://$REGISTRY/back/multi:2"
  [ "$output" = "$digest" ]
  refuses 1 'one end has to be a registry' swimg copy oci:out:app:1 oci:out2
  refuses 2 'no transport' swimg copy ftp:x docker://a/b
  [ -z "$(find /var/tmp -maxdepth 1 -name '.swimg-copy-*')" ]
}

@test "a bare tag names an image of a layout as other tools write it" {
  require skopeo umoci
  serve_registry
  loaded sound
  ok insecure push --quiet app:1.0 "$REGISTRY/team/app:1"
  for _ in 1 2; do ok insecure copy --quiet "docker://$REGISTRY/team/app:1" oci:out:1.0; done
  [ "$(jq -c '[.manifests[].annotations[]]' out/index.json)" = '["1.0"]' ]
  skopeo inspect oci:out:1.0 >/dev/null
  ok umoci list --layout out
  [ "$output" = 1.0 ]
  ok insecure copy --quiet oci:out:1.0 "docker://$REGISTRY/back/app:1"
}

@test "pushes and pulls killed at random leave a sound store and registry" { killed 20; }

# bats test_tags=long
@test "pushes and pulls killed 200 times leave a sound store and registry" { PATIENCE=20 killed 200; }

killed() {
  serve_registry
  "$PYTHON" "$SERVER" image large 20480 31457280
  ok swimg load --name app:1 large
  local round
  for round in $(seq "$1"); do
    timeout --signal=KILL "0.$(printf %03d $((RANDOM % 400)))" \
      "$SWIMG" push --quiet --tls-verify=false app:1 "$REGISTRY/killed/app:$((round % 3))" \
      >/dev/null 2>&1 3>&- || true
    SWIMG_STORE=$PWD/there timeout --signal=KILL "0.$(printf %03d $((RANDOM % 400)))" \
      "$SWIMG" pull --quiet --tls-verify=false "$REGISTRY/killed/app:$((round % 3))" \
      >/dev/null 2>&1 3>&- || true
    [ -d there/blobs ] || continue
    for blob in there/blobs/sha256/*; do
      [ -e "$blob" ] || continue
      [ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ] || fail "broken blob $blob"
    done
  done
  ok insecure push --quiet app:1 "$REGISTRY/killed/app:0"
  SWIMG_STORE=$PWD/there insecure pull --quiet "$REGISTRY/killed/app:0"
  same_blobs store there
  # Who was killed last may have held its lock for a moment longer than that pull looked.
  eventually nothing_half
}

nothing_half() {
  SWIMG_STORE=$PWD/there "$SWIMG" prune --quiet >/dev/null 3>&-
  [ -z "$(ls -A there/partial)" ] && [ -z "$(find there -name '.swimg-*')" ]
}

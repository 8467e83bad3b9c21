#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Files of images without unpacking them, and images that leave the store: what GNU tar, skopeo, podman
# and umoci make of them.

load image

setup() { begin_image; }

# in_tree IMAGE: its files as export and GNU tar make them, and as unpack does.
same_as_unpacked() {
  ok "$SWIMG" export -o flat.tar "$1"
  rm -rf flat bundle && mkdir flat
  tar --xattrs --xattrs-include='*' --numeric-owner --warning=no-timestamp -C flat -xpf flat.tar
  ok "$SWIMG" unpack "$1" bundle -- /bin/true
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" flat bundle/rootfs
}

@test "export is what unpack makes, of each image that we have" {
  require_root
  for case in sound user docker_types; do
    image $case
    ok "$SWIMG" load --quiet --name "$case:1" $case
    same_as_unpacked "$case:1"
  done
}

@test "export of a Debian image is what unpack, umoci and tar make" {
  require_root
  made=$CONFORMANCE_CACHE/debian-image-1
  [ -e "$made/done" ] || skip "missing: the image that debian.bats makes"
  ok "$SWIMG" load --quiet --name app:1.0 "$made/layout"
  same_as_unpacked app:1.0
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" flat "$made/umoci" "$made/tar"
  ok "$SWIMG" diff app:1.0 app:1.0
  [ -z "$output" ]
  "$SWIMG" export app:1.0 | cmp - flat.tar
  ok "$SWIMG" cat app:1.0 /etc/os-release
  [ "$output" = "$(cat flat/etc/os-release)" ]
  [ "$("$SWIMG" ls -R app:1.0 | wc -l)" -eq "$(find flat -mindepth 1 -printf . | wc -c)" ]
}

# layout FOLDER [LAYER-TAR...]: an OCI layout of plain layers, the first one lowest.
layout() {
  local folder=$1 layers='' diffs='' tar sum
  shift
  mkdir -p "$folder/blobs/sha256"
  add() { sum=$(sha256sum <"$1" | cut -d' ' -f1) && cp "$1" "$folder/blobs/sha256/$sum"; }
  for tar in "$@"; do
    add "$tar"
    layers+=",{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"size\":$(stat -c %s "$tar"),\"digest\":\"sha256:$sum\"}"
    diffs+=",\"sha256:$sum\""
  done
  printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[%s]}}' \
    "${diffs#,}" >document
  add document
  printf '{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":%s,"digest":"sha256:%s"},"layers":[%s]}' \
    "$(stat -c %s document)" "$sum" "${layers#,}" >document
  add document
  printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":%s,"digest":"sha256:%s","annotations":{"org.opencontainers.image.ref.name":"%s:1"}}]}' \
    "$(stat -c %s document)" "$sum" "$folder" >"$folder/index.json"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$folder/oci-layout"
}

# two_layers: links on the way, whiteouts, opaque directories, hard links across layers, a sparse file.
two_layers() {
  mkdir -p low/{usr/bin,dir/sub,opaque/old,gone} up/{dir,opaque,bin}
  ln -s usr/bin low/bin
  echo tool >low/usr/bin/tool
  ln low/usr/bin/tool low/usr/bin/other
  echo hidden >low/dir/hidden
  echo kept >low/dir/kept
  echo old >low/opaque/old/file
  echo gone >low/gone/file
  truncate -s 300K low/sparse
  printf end | dd of=low/sparse bs=1 seek=200000 conv=notrunc status=none
  ln -s /dir/kept low/absolute
  ln -s ../../../../etc low/up-and-away
  touch up/dir/.wh.hidden up/.wh.gone up/opaque/.wh..wh..opq
  echo new >up/opaque/new
  # Through the lower layer's link: it lands in usr/bin.
  echo second >up/bin/second
  tar --sort=name --owner=0 --group=0 --numeric-owner -S -C low -cf low.tar .
  tar --sort=name --owner=0 --group=0 --numeric-owner -C up -cf up.tar \
    dir/.wh.hidden .wh.gone opaque/.wh..wh..opq opaque/new bin/second
  layout two low.tar up.tar
  ok "$SWIMG" load --quiet two
}

@test "the merged view: links on the way, whiteouts, opaque directories, hard links, sparse files" {
  require_root
  two_layers
  same_as_unpacked two:1
  [ ! -e flat/gone ] && [ ! -e flat/dir/hidden ] && [ ! -e flat/opaque/old ]
  [ "$(cat flat/usr/bin/second)" = second ]
  [ "$(stat -c %h flat/usr/bin/tool)" -eq 2 ]
  ok "$SWIMG" cat two:1 /bin/second
  [ "$output" = second ]
  ok "$SWIMG" cat two:1 absolute bin/../dir/kept
  [ "$output" = "$(printf 'kept\nkept')" ]
  "$SWIMG" cat two:1 sparse | cmp - low/sparse
  refuses 1 "no such file" "$SWIMG" cat two:1 /dir/hidden
  refuses 1 "a directory, not a regular file" "$SWIMG" cat two:1 /dir
  refuses 1 "no such file" "$SWIMG" cat two:1 /up-and-away/passwd
  [ "$("$SWIMG" ls two:1 /bin/)" = "$(printf 'other\nsecond\ntool')" ]
  [ "$("$SWIMG" ls two:1 /bin)" = /bin ]
  ok "$SWIMG" ls --long two:1 /absolute
  [[ "$output" == lrwxrwxrwx*"0:0"*"/absolute -> /dir/kept" ]]
}

@test "diff tells what differs and why" {
  two_layers
  layout low-only low.tar
  ok "$SWIMG" load --quiet low-only
  ok "$SWIMG" diff --ignore-times low-only:1 two:1
  [ "$output" = "$(printf '%s\n' 'D /dir/hidden' 'D /gone' 'D /gone/file' 'A /opaque/new' \
    'D /opaque/old' 'D /opaque/old/file' 'A /usr/bin/second')" ]
  cp -a low third
  echo TOOL >third/usr/bin/tool
  chmod 600 third/dir/kept
  ln -sfn elsewhere third/absolute
  tar --sort=name --owner=0 --group=0 --numeric-owner -C third -cf third.tar .
  layout third third.tar
  ok "$SWIMG" load --quiet third
  # The sparse file is no longer one, and holds the same.
  ok "$SWIMG" diff --ignore-times low-only:1 third:1
  [ "$output" = "$(printf '%s\n' 'C /absolute  (target /dir/kept to elsewhere)' \
    "C /dir/kept  (mode $(stat -c 0%a low/dir/kept) to 0600)" 'C /usr/bin/other  (content)' \
    'C /usr/bin/tool  (content)')" ]
  "$SWIMG" diff --format json low-only:1 two:1 | jq -e '.[0].change == "changed" or .[0].path != ""'
}

@test "the merged view of hostile layers leads nowhere" {
  require_root
  mkdir evil
  ln -s "$OUTSIDE" evil/link
  tar -C evil -cf first.tar link
  tar --transform "s,.*,link/victim2," -cf second.tar -C "$OUTSIDE" victim
  tar --transform "s,.*,../../escape," -P -cf third.tar -C "$OUTSIDE" victim
  layout hostile first.tar second.tar third.tar
  ok "$SWIMG" load --quiet hostile
  ok "$SWIMG" ls -R hostile:1
  [[ "$output" == *escape* ]]
  same_as_unpacked hostile:1
  refuses 1 "no such file" "$SWIMG" cat hostile:1 "$OUTSIDE/victim"
  untouched
}

@test "links in a circle are an error, not a hang" {
  mkdir loop
  ln -s b loop/a
  ln -s a loop/b
  tar -C loop -cf loop.tar .
  layout circle loop.tar
  ok "$SWIMG" load --quiet circle
  refuses 1 "ELOOP" timeout 10 "$SWIMG" cat circle:1 /a/x
  ok timeout 10 "$SWIMG" export -o flat.tar circle:1
}

@test "save: skopeo, umoci and we read every form, blob by blob the same" {
  require skopeo umoci jq
  require_root
  loaded sound
  ok "$SWIMG" tag app:1.0 app:2.0
  ok "$SWIMG" save -o oci.tar app:1.0 app:2.0
  ok "$SWIMG" save -f docker-archive -o docker.tar app:1.0 app:2.0
  ok "$SWIMG" save -f oci -o layout app:1.0
  "$SWIMG" save app:1.0 app:2.0 | cmp - oci.tar
  [ -z "$(find . -maxdepth 1 -name '.*swimg-*')" ]
  [ "$(ls -A layout)" = "$(printf 'blobs\nindex.json\noci-layout')" ]
  for source in oci-archive:oci.tar:docker.io/library/app:2.0 docker-archive:docker.tar:app:2.0 \
    oci:layout:docker.io/library/app:1.0; do
    rm -rf copy
    skopeo copy -q "$source" oci:copy:x
    umoci unpack --image copy:x by-umoci
    [ -e by-umoci/rootfs/new ] && [ ! -e by-umoci/rootfs/gone ]
    rm -rf by-umoci
  done
  digest=$("$SWIMG" inspect --format '{{.Digest}}' app:1.0)
  for form in oci.tar docker.tar layout; do
    rm -rf again
    SWIMG_STORE=$PWD/again "$SWIMG" load --quiet $form
    [ "$(SWIMG_STORE=$PWD/again "$SWIMG" inspect --format '{{.Digest}}' app:1.0)" = "$digest" ]
    SWIMG_STORE=$PWD/again "$SWIMG" verify --quiet
  done
}

@test "save: podman loads both archives and runs what is in them" {
  require podman
  require_root
  loaded sound
  ok "$SWIMG" save -o oci.tar app:1.0
  ok "$SWIMG" save -f docker-archive -o docker.tar app:1.0
  for form in oci docker; do
    podman=(podman --root "$PWD/$form.root" --runroot "$PWD/$form.run" --storage-driver vfs
      --events-backend none)
    ok timeout 60 "${podman[@]}" load -q -i $form.tar
    ok timeout 60 "${podman[@]}" image inspect docker.io/library/app:1.0
    timeout 60 "${podman[@]}" save -q --format oci-archive -o back.tar docker.io/library/app:1.0
    SWIMG_STORE=$PWD/back "$SWIMG" load --quiet --name back:1 back.tar
    SWIMG_STORE=$PWD/back "$SWIMG" cat back:1 /new
    rm -rf back back.tar
  done
}

@test "save writes only the names that were asked for" {
  loaded sound
  ok "$SWIMG" tag app:1.0 app:2.0
  ok "$SWIMG" tag app:1.0 secret/name:1
  ok "$SWIMG" save -f docker-archive -o one.tar app:2.0
  [ "$(tar -xOf one.tar manifest.json | jq -c '.[0].RepoTags')" = '["app:2.0"]' ]
  unless grep -q secret one.tar
  ok "$SWIMG" save -f docker-archive -o none.tar "$("$SWIMG" inspect --format '{{.Digest}}' app:1.0)"
  [ "$(tar -xOf none.tar manifest.json | jq -c '.[0].RepoTags')" = '[]' ]
  ok "$SWIMG" save -f docker-archive -o all.tar --all-tags app
  [ "$(tar -xOf all.tar manifest.json | jq -c '.[0].RepoTags')" = '["app:1.0","app:2.0"]' ]
}

@test "save of an index: whole, or one platform" {
  image index
  ok "$SWIMG" load --quiet index
  ok "$SWIMG" save -o whole.tar multi:1
  ok "$SWIMG" save --platform linux/arm64 -o one.tar multi:1
  [ "$(tar -xOf whole.tar index.json | jq -r '.manifests[0].mediaType')" \
    = application/vnd.oci.image.index.v1+json ]
  [ "$(tar -xOf one.tar index.json | jq -r '.manifests[0].mediaType')" \
    = application/vnd.oci.image.manifest.v1+json ]
  ok "$SWIMG" validate whole.tar
  ok "$SWIMG" validate one.tar
}

@test "save of damage fails and leaves no file" {
  loaded sound
  layer=$("$SWIMG" inspect --format json app:1.0 | jq -r '.layers[0].digest')
  printf x | dd of="$STORE/blobs/${layer/://}" bs=1 seek=99 conv=notrunc status=none
  refuses 1 "wrong digest" "$SWIMG" save -o out.tar app:1.0
  [ ! -e out.tar ] && [ -z "$(find . -maxdepth 1 -name '.*swimg-*')" ]
  refuses 1 "wrong digest" "$SWIMG" save -f oci -o out app:1.0
  [ "$(jq '.manifests | length' out/index.json)" -eq 0 ]
  refuses 1 "digest" "$SWIMG" export -o out.tar app:1.0
  refuses 1 "digest" "$SWIMG" cat app:1.0 /new
  [ ! -e out.tar ]
}

@test "nothing is written to a terminal" {
  require script
  loaded sound
  for command in "save app:1.0" "export app:1.0"; do
    status=0
    script -qec "$SWIMG $command" /dev/null >out 2>&1 </dev/null 3>&- || status=$?
    [ "$status" -eq 2 ]
    grep -q "is a terminal" out
  done
}

@test "validate: each violation with its clause, all at once" {
  image sound
  ok "$SWIMG" validate sound
  [[ "$output" == *"all is right" ]]
  tar -C sound -czf sound.tgz .
  ok "$SWIMG" validate sound.tgz
  ok "$SWIMG" validate - <sound.tgz || true
  loaded sound
  ok "$SWIMG" validate app:1.0
  jq '.schemaVersion = 1 | .manifests[0].size = -1 | .manifests[0].annotations.x = 5
    | .manifests[0].urls = ["no uri"] | .manifests += [{"mediaType": "?", "digest": "sha256:12", "size": "1"}]' \
    sound/index.json >index && cp index sound/index.json
  echo '{}' >sound/oci-layout
  echo x >sound/blobs/sha256/short
  capture "$SWIMG" validate --format json sound
  [ "$status" -eq 1 ]
  for wanted in 'oci-layout imageLayoutVersion' 'index.json schemaVersion' \
    'index.json manifests[0].size' 'index.json manifests[0].annotations.x' \
    'index.json manifests[0].urls[0]' 'index.json manifests[1].mediaType' \
    'index.json manifests[1].digest' 'index.json manifests[1].size' 'blobs/sha256/short '; do
    jq -e --arg wanted "$wanted" \
      'any(.violations[]; "\(.subject) \(.path)" == $wanted and (.clause | endswith("\"")))' \
      <<<"$output" >/dev/null || fail "not found: $wanted"
  done
  refuses 1 "neither a file nor" "$SWIMG" validate ./nothing-there
  refuses 2 "" "$SWIMG" validate
}

@test "validate looks into configurations and layers" {
  mkdir tree
  echo a >tree/a
  tar -C tree -cf twice.tar a a
  layout dup twice.tar
  capture "$SWIMG" validate dup
  [ "$status" -eq 1 ]
  [[ "$output" == *"a: occurs twice in the layer [layer.md, "* ]]
  # Another archive than the configuration's diff ID.
  layout other twice.tar
  manifest=$(jq -r '.manifests[0].digest' other/index.json)
  jq -c '.layers[0].mediaType += "+gzip"' "other/blobs/${manifest/://}" >m
  sum=$(sha256sum <m | cut -d' ' -f1)
  cp m "other/blobs/sha256/$sum"
  jq --arg d "sha256:$sum" --argjson s "$(stat -c %s m)" \
    '.manifests[0].digest = $d | .manifests[0].size = $s' other/index.json >index
  cp index other/index.json
  capture "$SWIMG" validate other
  [ "$status" -eq 1 ]
  [[ "$output" == *"media-types.md"* ]]
}

@test "ls and diff show names whole, however long" {
  mkdir -p tree/"$(printf 'd%.0s' $(seq 250))"/"$(printf 'e%.0s' $(seq 250))"
  tar -C tree -cf long.tar .
  layout long long.tar
  ok "$SWIMG" load --quiet --name long:1 long
  ok "$SWIMG" ls -R long:1
  [ "$(tail -1 <<<"$output" | wc -c)" -eq 502 ] || fail "$(tail -1 <<<"$output")"
}

@test "directories that nest without end through links are refused" {
  "$PYTHON" - <<'PY'
import tarfile
path = "/".join("a" * 2000)
with tarfile.open("maze.tar", "w", format=tarfile.PAX_FORMAT) as archive:
    before = ""
    for number in range(30):
        member = tarfile.TarInfo(before + path)
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
        link = tarfile.TarInfo(f"l{number}")
        link.type, link.linkname = tarfile.SYMTYPE, before + path
        archive.addfile(link)
        before = f"l{number}/"
PY
  layout maze maze.tar
  ok "$SWIMG" load --quiet --name maze:1 maze
  # Its export would have 3.6 GB.
  refuses 1 'the length of a path' "$SWIMG" export --output out.tar maze:1
  refuses 1 'the length of a path' "$SWIMG" ls -R maze:1
}

@test "JSON has nothing that a terminal obeys" {
  printf 'x' >"$(printf 'csi\302\23331m')"
  printf 'x' >"$(printf 'turned\342\200\256txt')"
  tar -cf odd.tar csi* turned*
  layout odd odd.tar
  ok "$SWIMG" load --quiet --name odd:1 odd
  ok "$SWIMG" ls --format json odd:1
  unless env LC_ALL=C grep -aqP '\xc2\x9b|\xe2\x80\xae' <<<"$output"
  [ "$(jq -r '.[].path' <<<"$output")" = "$(printf 'csi\302\23331m\nturned\342\200\256txt')" ]
}

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes a real image for debian.bats: a Debian minbase tree, a layer over it, the same image in every
# form, and the trees that umoci and GNU tar make of it.
#
# usage: make-debian.sh DIRECTORY
set -e -o pipefail

IMAGE_TOOLS=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
: "${PYTHON:=/usr/bin/python3}"
MADE=$1.new

# change ROOTFS: what the upper layer does.
change() (
  cd "$1"
  rm -rf usr/share/doc/apt usr/share/man/ja etc/cron.daily
  rm usr/bin/rgrep
  echo "replaced" >etc/motd
  mv usr/share/bug usr/share/moved
  ln usr/bin/perl usr/bin/perl-again
  ln -sf /etc/motd etc/link
  mkdir -m 2775 srv/group && chown 1000:1001 srv/group
  cp bin/true srv/capable && setcap cap_net_raw+ep srv/capable
  cp bin/true srv/setuid && chmod 6755 srv/setuid
  echo x >srv/attributes && setfattr -n user.note -v "some text" srv/attributes
  setfattr -n trusted.note -v "more" srv/attributes
  mknod srv/device c 1 7 && mknod srv/block b 7 99 && mkfifo srv/fifo
  truncate -s 5M srv/sparse && echo end >>srv/sparse
  name=$(printf 'n%.0s' {1..200})
  mkdir -p "srv/$name/$name" && echo deep >"srv/$name/$name/$name"
  printf odd >"srv/$(printf 'a\nb\\\xff')"
  touch -d @1 srv/old && touch -d '1960-01-01 00:00:00.5 UTC' srv/older
  touch -h -d '2001-02-03 04:05:06.789 UTC' etc/link
  touch -d '2010-10-10 10:10:10.123456789 UTC' srv
)

by_umoci() {
  umoci unpack --image "$1:app:1.0" "$2.bundle"
  mv "$2.bundle/rootfs" "$2"
}

# by_tar LAYOUT TARGET: GNU tar knows no whiteouts, so that they are worked off by hand.
by_tar() (
  layout=$1
  target=$2
  mkdir "$target"
  manifest=$layout/blobs/$(jq -r '.manifests[0].digest' "$layout/index.json" | tr : /)
  jq -r '.layers[].digest' "$manifest" | tr : / | while read -r blob; do
    tar -tzf "$layout/blobs/$blob" | { grep -E '(^|/)\.wh\.' || true; } | while read -r name; do
      rm -rf "${target:?}/$(dirname "$name")/$(basename "$name" | cut -c5-)"
    done
    tar --xattrs --xattrs-include='*' --numeric-owner --delay-directory-restore \
      --exclude='.wh.*' -xpzf "$layout/blobs/$blob" -C "$target"
  done
)

rm -rf "$MADE"
mkdir -p "$MADE"
cd "$MADE"
TMPDIR=/tmp mmdebstrap --variant=minbase --format=tar bookworm base.tar
umoci init --layout layout
umoci new --image layout:app:1.0
umoci unpack --image layout:app:1.0 work
tar --xattrs --xattrs-include='*' --numeric-owner -xpf base.tar -C work/rootfs
umoci repack --image layout:app:1.0 work
rm -rf work
umoci unpack --image layout:app:1.0 work
change work/rootfs
umoci repack --image layout:app:1.0 work
umoci config --image layout:app:1.0 --config.cmd /bin/bash \
  --config.env PATH=/usr/sbin:/usr/bin:/sbin:/bin
# umoci has no name with a colon of its own in it.
jq '.manifests |= map(select(.annotations["org.opencontainers.image.ref.name"] == "app:1.0"))' \
  layout/index.json >index && mv index layout/index.json
by_umoci layout umoci
by_tar layout tar
"$PYTHON" "$IMAGE_TOOLS/recompress.py" layout zstd zstd
"$PYTHON" "$IMAGE_TOOLS/recompress.py" layout plain none
tar -C layout -cf layout.tar .
gzip -1 -k layout.tar
skopeo copy -q oci:layout:app:1.0 docker-archive:skopeo.tar:app:1.0
buildah --root "$PWD/b" --runroot "$PWD/r" --storage-driver vfs pull -q oci:layout:app:1.0 >id
buildah --root "$PWD/b" --runroot "$PWD/r" --storage-driver vfs push -q "$(cat id)" \
  docker-archive:buildah.tar:app:1.0
rm -rf work b r
touch done
rm -rf "$1"
mv "$MADE" "$1"

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# setup.sh SUITE: a Debian of its own with Blender, a virtual screen and a mouse, in $LIPREEL_E2E/SUITE.
#   trixie: Blender 4.3, Python 3.13      sid: Blender 5.2 or later, Python 3.14
# The host's packages and apt settings stay as they are. 1.5 GB and a few minutes a suite; the second call does nothing.
set -euo pipefail
SUITE=$1; PLACE=${LIPREEL_E2E:-$HOME/.cache/lipreel-e2e}; ROOT=$PLACE/$SUITE
[ -e "$ROOT/.ready" ] && exit 0

lacks() { echo "make e2e: $1" >&2; exit 2; }
[ "$(id -u)" = 0 ] || lacks 'it works in a Debian of its own (chroot), which only root can make: run it as root'
for program in apt-get dpkg unshare chroot; do
  command -v $program >/dev/null || lacks "it needs $program: run it on Debian, or on a system like it"
done
KEYS=${LIPREEL_E2E_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
[ -e "$KEYS" ] || lacks "Debian's keys are missing ($KEYS): apt install debian-archive-keyring"

# The mirror of Debian that this machine uses, if it is a Debian.
SOURCES=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true)
FOUND=$(sed -nE 's/^URIs: *([^ ]*\/debian)\/?$/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]*\/debian)\/? .*/\2/p' <<<"$SOURCES" | sed -n 1p)
MIRROR=${LIPREEL_E2E_MIRROR:-${FOUND:-http://deb.debian.org/debian}}

TOOLS=$PLACE/tools; mkdir -p "$TOOLS"
if [ ! -x "$TOOLS/usr/sbin/debootstrap" ]; then  # unpacked, not installed
  cd "$TOOLS"
  chmod a+rwx .  # apt fetches as a user of its own
  apt-get download -q debootstrap || { apt-get update -q && apt-get download -q debootstrap; } ||
    lacks 'apt finds no debootstrap: see whether the network is there'
  dpkg -x debootstrap_*.deb .
fi
if [ ! -e "$ROOT/.bootstrapped" ]; then
  rm -rf "$ROOT"
  DEBOOTSTRAP_DIR=$TOOLS/usr/share/debootstrap "$TOOLS/usr/sbin/debootstrap" --variant=minbase \
    --include=ca-certificates --keyring="$KEYS" "$SUITE" "$ROOT" "$MIRROR"
  touch "$ROOT/.bootstrapped"
fi

printf '#!/bin/sh\nexit 101\n' > "$ROOT/usr/sbin/policy-rc.d"; chmod +x "$ROOT/usr/sbin/policy-rc.d"  # no services
echo "deb $MIRROR $SUITE main" > "$ROOT/etc/apt/sources.list"
# A mirror may be a snapshot: signed as ever, and older than its lists mean to live.
printf 'Acquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\n' > "$ROOT/etc/apt/apt.conf.d/99snapshot"
cp -L /etc/resolv.conf "$ROOT/etc/resolv.conf"
mkdir -p "$ROOT/share"; ln -sf /proc/self/mounts "$ROOT/etc/mtab"
# python3-cattr: Blender's extension manager imports it from 5.1 on; the official builds bring it along.
chroot "$ROOT" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 sh -ec '
  apt-get update -q
  apt-get install -qq -y --no-install-recommends blender python3-numpy python3-requests python3-cattr \
    xvfb xdotool openbox xauth xkb-data libgl1 libglx-mesa0 libegl1 libgl1-mesa-dri imagemagick procps >/dev/null
  apt-get clean
  blender --version | head -n 1'
touch "$ROOT/.ready"

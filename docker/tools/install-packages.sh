#!/bin/sh
# Installs CRIU and setcap if the base image lacks them, and lists the libraries of the base image before that.
set -eu
mkdir -p /trees
find /lib/ /usr/lib/ -name '*.so*' 2>/dev/null | sort >/trees/libraries
if ! command -v criu >/dev/null || ! command -v setcap >/dev/null; then
    if ! command -v apt-get >/dev/null; then
        echo "crac-checkpoint: NO-CRIU: the base image lacks criu or setcap, and apt-get to install them"
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends criu libcap2-bin
fi

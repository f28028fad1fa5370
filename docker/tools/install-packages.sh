#!/bin/sh
# Provides CRIU and setcap if the base image lacks them, from the image of the input `criu-image` or else from packages, and lists the
# libraries of the base image before that. An archive without CRIU is not a failure yet: the JDK may have a CRIU of its own, or Warp
# (prepare-criu.sh).
set -u
# The messages of apt are read.
export LC_ALL=C
mkdir -p /trees
find /lib/ /usr/lib/ -name '*.so*' 2>/dev/null | sort >/trees/libraries
packages=
command -v criu >/dev/null || packages=criu
command -v setcap >/dev/null || packages="$packages libcap2-bin"

system=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null | tr -d '"')

# Copies a file of the image with CRIU. $1: the file; $2: its folder.
copy() {
    cp "$1" "$2/" && copied="$copied $2/${1##*/}"
}
# Copies the libraries that the base image lacks from the image with CRIU.
copy_libraries() {
    libraries=$(ldd /bin/sh | sed -n 's/.* => \(\/.*\)\/libc\.so\.6 .*/\1/p')
    for library in /build/criu/lib/*; do
        [ -e "$libraries/${library##*/}" ] || copy "$library" "$libraries" || return 1
    done
}
# Makes the CRIU of the image the second choice, where the base image has one of another version: that may fail on the kernel of the
# runner. Fails, and leaves nothing, if it does not run here.
copy_second() {
    copied=
    mkdir -p /build/second
    copy_libraries && copy /build/criu/bin/criu /build/second && LD_BIND_NOW=1 /build/second/criu --version && return 0
    rm -f $copied
    return 1
}
if [ -e /build/criu/bin/criu ] && command -v criu >/dev/null; then
    if ! copy_second >/build/log 2>&1; then
        echo "crac-checkpoint: criu-image is not used: its CRIU does not run on the base image (${system:-unknown}) ($(tail -n 1 /build/log))"
    elif [ "$(/build/second/criu --version 2>/dev/null)" = "$(criu --version 2>/dev/null)" ]; then
        rm -f $copied
    fi
fi
[ -n "$packages" ] || exit 0

# Copies what the base image lacks from the image with CRIU. Fails, and leaves nothing, if that does not run here: glibc may be too old.
copy_criu() {
    copied=
    for program in /build/criu/bin/*; do
        command -v "${program##*/}" >/dev/null || copy "$program" /usr/sbin || return 1
    done
    copy_libraries || return 1
    : >/build/trial
    LD_BIND_NOW=1 criu --version && LD_BIND_NOW=1 setcap cap_sys_ptrace+eip /build/trial && return 0
    rm -f $copied
    return 1
}
refused=
if [ -e /build/criu/bin/criu ]; then
    copy_criu >/build/log 2>&1 && exit 0
    refused="; the CRIU of criu-image does not run on it ($(tail -n 1 /build/log))"
    echo "crac-checkpoint: packages are installed in the base image (${system:-unknown})$refused"
fi

if ! command -v apt-get >/dev/null; then
    echo "crac-checkpoint: NO-CRIU: the base image (${system:-unknown}) lacks criu or setcap, and apt-get to install them$refused"
    exit 1
fi
# Runs apt-get, and ends the build with its last error. $1: subcommand.
apt() {
    # Mirrors stall: three tries, and 20 seconds without a byte are an error.
    apt-get -o Acquire::Retries=3 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@" >/tmp/apt.log 2>&1
    code=$?
    cat /tmp/apt.log
    # `apt-get update` ends with 0 if it has not reached a single archive.
    [ "$code" -ne 0 ] || ! grep -q '^\(E:\|W: Failed to fetch\)' /tmp/apt.log || code=100
    [ "$code" -ne 0 ] || return 0
    echo "crac-checkpoint: NO-PACKAGES: apt-get $1 of the base image (${system:-unknown}) ended with exit code $code: $(grep '^[EW]:' /tmp/apt.log | tail -n 1)$refused"
    exit 1
}
apt update -qq
case $packages in
criu*)
    if ! apt-cache policy criu | grep -q 'Candidate: [0-9]'; then
        echo "the base image (${system:-unknown}) has no criu, and neither has its package archive$refused" >/trees/no-criu
        packages=${packages#criu}
    fi
    ;;
esac
[ -z "$packages" ] || DEBIAN_FRONTEND=noninteractive apt install -y -qq --no-install-recommends $packages
# A package that is installed already, and whose program was removed, is not installed again.
command -v criu >/dev/null || [ -s /trees/no-criu ] ||
    echo "the base image (${system:-unknown}) has no program criu, though its package is installed" >/trees/no-criu

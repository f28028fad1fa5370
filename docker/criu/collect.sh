#!/bin/sh
# Installs CRIU and setcap, and copies them to /criu: programs to bin, their libraries without those of glibc to lib, the licences of all
# to doc. doc/packages has the versions of the packages, whose sources are at snapshot.debian.org.
set -eu
if ! command -v criu >/dev/null || ! command -v setcap >/dev/null; then
    apt-get -o Acquire::Retries=3 update -qq
    DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install -y -qq --no-install-recommends criu libcap2-bin
fi
mkdir -p /criu/bin /criu/lib /criu/doc

# Copies the licence of the package that has a file, and notes its version. The base image of the lab has no licences.
describe() {
    package=$(dpkg --search "$(readlink -f "$1")" | sed 's/:.*//;q')
    [ ! -e "/usr/share/doc/$package/copyright" ] || cp "/usr/share/doc/$package/copyright" "/criu/doc/$package"
    dpkg-query --show "$package" >>/criu/doc/packages
}

dpkg --listfiles libc6 >/glibc
for program in criu setcap; do
    file=$(command -v $program)
    cp -L "$file" /criu/bin/$program
    describe "$file"
    ldd "$file" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' >>/libraries
done
sort -u /libraries | while read -r library; do
    ! grep -q "/${library##*/}\$" /glibc || continue
    cp -L "$library" /criu/lib/
    describe "$library"
done
sort -u -o /criu/doc/packages /criu/doc/packages

#!/bin/sh
# assemble.sh VERSION: builds the stand-in JDK from Debian's OpenJDK of that version, which is the java of this machine, and the sources beside
# this file; leaves one archive in /out.
set -eu
here=$(dirname "$(readlink -f "$0")")
debian=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
case $(uname -m) in
x86_64) architecture=x64 ;;
aarch64) architecture=aarch64 ;;
*) echo "no CRaC JDK is made for $(uname -m)" >&2 && exit 1 ;;
esac
name=openjdk-$1-crac+1_linux-$architecture
home=/build/$name
mkdir -p /build /out

# jlink gives a JDK that needs nothing of Debian's /etc and has no debug symbols. Compilers and desktop tools stay out.
modules=$("$debian/bin/java" --list-modules | sed 's/@.*//' |
    grep -vE '^(jdk\.(accessibility|compiler|jpackage|jlink|jshell|javadoc|jconsole|jdeps|editpad|unsupported\.desktop|internal\.(le|ed|opt)|hotspot\.agent|graal.*|internal\.vm\.compiler.*|jstatd))$' |
    paste -sd,)
"$debian/bin/jlink" --module-path "$debian/jmods" --add-modules "$modules" \
    --strip-debug --no-header-files --no-man-pages --output "$home"

mkdir /build/classes
find "$here/java" -name '*.java' >/build/sources
"$debian/bin/javac" --release 21 -Xlint:all -Werror -d /build/classes @/build/sources
# JDK 25 does not have this package any more.
[ "$1" -ge 25 ] || "$debian/bin/javac" --add-exports java.base/jdk.internal.org.objectweb.asm=ALL-UNNAMED -cp /build/classes \
    -Xlint:all -Werror -d /build/classes "$here/agent/jdk/crac/lab/DescriptorAgent.java"
printf 'Premain-Class: jdk.crac.lab.DescriptorAgent\nCan-Retransform-Classes: true\n' >/build/manifest
"$debian/bin/jar" --create --file "$home/lib/crac.jar" --manifest /build/manifest --date 2026-01-01T00:00:00Z -C /build/classes .

flags="-std=c17 -O2 -Wall -Wextra -Werror"
for program in java jcmd; do mv "$home/bin/$program" "$home/bin/$program-hotspot"; done
gcc $flags -o "$home/bin/java" "$here/native/launcher.c" "$here/native/common.c"
gcc $flags -o "$home/lib/criuengine" "$here/native/criuengine.c" "$here/native/common.c"
gcc $flags -shared -fPIC -I"$debian/include" -I"$debian/include/linux" -o "$home/lib/libcrac.so" "$here/native/libcrac.c"
install -m 0755 "$here/jcmd" "$home/bin/jcmd"
echo 'IMPLEMENTOR_VERSION="stand-in for a CRaC JDK, made by the lab of crac-checkpoint"' >>"$home/release"
# As in any JDK: without it a start takes twice as long.
"$home/bin/java-hotspot" -Xshare:dump >/dev/null
"$home/bin/java" -Xshare:on -version

tar --create --sort=name --mtime=2026-01-01 --owner=0 --group=0 --numeric-owner --directory /build "$name" |
    gzip -1 -n >"/out/$name.tar.gz"

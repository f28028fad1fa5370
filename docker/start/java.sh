#!/bin/sh
# Stands where java is, and records how it was started. Only a question about the version gets an answer.
. /opt/crac-start/state.sh
for word in "$@"; do
    case $word in
    -version | --version | -fullversion)
        original=$(readlink -f "$0")-original
        [ ! -x "$original" ] || exec "$original" "$@"
        : >"$records/no-version"
        exit 1
        ;;
    esac
done
[ ! -e "$records/java.status" ] || : >"$records/again"
record java
# Where the java of the image is, behind all links: the libraries in its home are not for another JDK.
PATH=$PATH:/usr/bin:/bin
readlink -f "$(readlink -f "$0")-original" >"$records/java.original"

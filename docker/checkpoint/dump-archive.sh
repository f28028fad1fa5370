#!/bin/sh
# Makes the JVM that train.sh started write its archive to $CRAC_ARCHIVE_FOLDER, and prints the kind of the archive.
#
#   dump-archive.sh [PID]   process id of the JVM; without it, the java process with the lowest one
set -u
# jcmd is a JVM too: options of the application, such as the port of a debugger, are not for it.
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS
jvm=${1-}
# The first java process is the application; it may have started others.
[ -n "$jvm" ] || for process in /proc/[0-9]*; do
    id=${process#/proc/}
    case $(readlink "$process/exe") in
    */bin/java*) [ -n "$jvm" ] && [ "$id" -gt "$jvm" ] || jvm=$id ;;
    esac
done
if [ -z "$jvm" ]; then
    echo "crac-checkpoint: NO-ARCHIVE: no process of java was found"
    exit 1
fi
if tr '\0' '\n' <"/proc/$jvm/cmdline" | grep -q '^-XX:AOTCacheOutput='; then
    kind=aot
    jcmd "$jvm" AOT.end_recording
else
    kind=cds
    jcmd "$jvm" VM.cds dynamic_dump "$CRAC_ARCHIVE_FOLDER/classes.cds"
fi
# jcmd may end with 0 without an archive.
[ -s "$CRAC_ARCHIVE_FOLDER/classes.$kind" ] || exit 1
echo "crac-checkpoint: archive $kind"

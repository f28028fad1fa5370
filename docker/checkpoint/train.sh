#!/opt/crac-checkpoint/sh
# Starts the application normally in a container that is thrown away, and records the classes that it loads;
# dump-archive.sh then writes the archive. A JVM whose dump fails ends.
#
#   train.sh KIND   KIND of the archive: aot, cds, or auto for the best one that this JVM can write from a running application
set -u
here=${0%/*}
kind=$1
# A JVM before 25.0.3 has the option, but no way to end the recording without the end of the application.
aot=false
! grep -qx AOTCacheOutput "$here/jvm-flags" ||
    ! grep -qa AOT.end_recording "$JAVA_HOME/lib/server/libjvm.so" || aot=true
[ "$kind" != auto ] || { [ "$aot" = true ] && kind=aot || kind=cds; }
case $kind:$aot in
aot:true) option=-XX:AOTCacheOutput=$CRAC_ARCHIVE_FOLDER/classes.aot ;;
cds:*) option=-XX:+RecordDynamicDumpInfo ;;
*)
    echo "crac-checkpoint: NO-ARCHIVE: this JVM cannot write an AOT cache of a running application; 25.0.3 and newer can"
    exit 1
    ;;
esac
if [ "$kind" = cds ] && ! grep -qx RecordDynamicDumpInfo "$here/jvm-flags"; then
    echo "crac-checkpoint: NO-ARCHIVE: this JVM cannot write an archive of a running application; 17 and newer can"
    exit 1
fi
mkdir -p "$CRAC_ARCHIVE_FOLDER"
# A normal start leaves out what the image itself sets.
! grep -qsxF -e "JAVA_OPTS=${JAVA_OPTS-}" "$here/own-options" || JAVA_OPTS=
export JAVA_OPTS="$option ${JAVA_OPTS-}" CRAC_RESTORE=false CRAC_ARCHIVE=false
# In this shell, which passes on variables of any name.
set --
. "$here/entrypoint.sh"

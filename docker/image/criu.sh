# The other scripts source this file, and set $here. A restore runs it: so it starts no other program.

# Selects the checkpoint engine of the JVM. $1: KIND/CAPABILITY of a copy of CRIU, or `warp`; $2: more arguments for CRIU.
# Sets $engine_option to an option of the JVM, the only way from JDK 28 on, or exports environment variables for a JVM
# without that option.
name_engine() {
    engine_option=
    if [ "$1" = warp ]; then
        engine_option=-XX:CREngine=warp
        ! grep -qx CRaCEngine "$here/jvm-flags" || engine_option=-XX:CRaCEngine=warp
        return
    fi
    criu=$here/criu/$1/criu
    options=
    read -r options <"$here/criu/${1%%/*}/options"
    # Without spaces at both ends: the JVM would turn them into empty arguments.
    set -- $options $2
    options=$*
    if [ -e "$here/criu-location" ]; then
        engine_option="-XX:CRaCEngineOptions=criu_location=$criu${options:+,args=$options}"
    else
        export CRAC_CRIU_PATH="$criu" CRAC_CRIU_OPTS="$options"
    fi
}

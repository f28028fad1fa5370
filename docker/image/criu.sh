# Sourced by the other scripts, which set $here.

# Sets which engine of the JVM takes and restores its snapshot. $1: KIND/CAPABILITY of a copy of CRIU, or `warp`;
# $2: more arguments for CRIU. An option of the JVM where it has one, which is the only way from JDK 28 on, else
# environment variables. Sets $engine_option.
name_engine() {
    engine_option=
    if [ "$1" = warp ]; then
        engine_option=-XX:CREngine=warp
        ! grep -qx CRaCEngine "$here/jvm-flags" || engine_option=-XX:CRaCEngine=warp
        return
    fi
    criu=$here/criu/$1/criu
    options="$(cat "$here/criu/${1%%/*}/options") $2"
    # Without blanks at its ends: the JVM would make empty arguments of them.
    options=$(echo $options)
    if grep -qs criu_location "$here/engine-options"; then
        engine_option="-XX:CRaCEngineOptions=criu_location=$criu${options:+,args=$options}"
    else
        export CRAC_CRIU_PATH="$criu" CRAC_CRIU_OPTS="$options"
    fi
}

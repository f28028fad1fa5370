# Sourced by the other scripts, which set $here.

# Tells the JVM which CRIU to use, and with which arguments ($1): by the option of its engine where it has one, which
# is the only way from JDK 28 on, else by environment variables. Sets $engine_option.
name_criu() {
    engine_option=
    if grep -qs criu_location "$here/engine-options"; then
        engine_option="-XX:CRaCEngineOptions=criu_location=$here/criu,args=$1"
    else
        export CRAC_CRIU_PATH="$here/criu" CRAC_CRIU_OPTS="$1"
    fi
}

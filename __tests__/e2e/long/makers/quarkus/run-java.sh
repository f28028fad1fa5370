#!/usr/bin/env bash
# In the shape of the script in the OpenJDK images for Quarkus: it finds the archive, and makes the options from variables and from
# the limits of the container.
set -e
export JAVA_APP_DIR="${JAVA_APP_DIR:-/deployments}"

# Prints a note only where somebody wants it.
note() {
    [ "${SCRIPT_DEBUG:-false}" != true ] || echo "INFO $*" >&2
}

# Prints the archive to run.
archive() {
    local found
    if [ -n "${JAVA_APP_JAR:-}" ]; then
        found=$JAVA_APP_JAR
    else
        found=$(find "$JAVA_APP_DIR" -maxdepth 1 -name '*.jar' | grep -v original- | head -n 1)
    fi
    [ -r "$found" ] || { echo "ERROR No archive in $JAVA_APP_DIR" >&2 && exit 1; }
    echo "$found"
}

# Prints options for the heap.
memory_options() {
    echo "-XX:MaxRAMPercentage=${JAVA_MAX_MEM_RATIO:-80.0}"
    [ -z "${JAVA_INITIAL_MEM_RATIO:-}" ] || echo "-XX:InitialRAMPercentage=$JAVA_INITIAL_MEM_RATIO"
}

# Prints options for the collector.
collector_options() {
    echo "-XX:+UseParallelGC -XX:MinHeapFreeRatio=${GC_MIN_HEAP_FREE_RATIO:-10} -XX:MaxHeapFreeRatio=${GC_MAX_HEAP_FREE_RATIO:-20}"
    echo "-XX:GCTimeRatio=${GC_TIME_RATIO:-4} -XX:AdaptiveSizePolicyWeight=90 -XX:+ExitOnOutOfMemoryError"
}

if [ -f "$JAVA_APP_DIR/run-env.sh" ]; then source "$JAVA_APP_DIR/run-env.sh"; fi
options="${JAVA_OPTS:-$(memory_options) $(collector_options)} ${JAVA_OPTS_APPEND:-}"
options=$(echo $options)
jar=$(archive)
cd "$JAVA_APP_DIR"
note "exec ${JAVA_HOME:-/usr}/bin/java $options -cp . -jar $jar $*"
exec "${JAVA_HOME:-/usr}/bin/java" $options -cp "." -jar "$jar" "$@"

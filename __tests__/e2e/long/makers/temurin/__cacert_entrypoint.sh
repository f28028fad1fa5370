#!/usr/bin/env bash
# In the shape of the entry script of eclipse-temurin: with USE_SYSTEM_CA_CERTS, Java gets further certificates.
set -e
export_certificates=
if [ -n "$USE_SYSTEM_CA_CERTS" ]; then
    export_certificates=/tmp/cacerts
    cp "$JAVA_HOME/lib/security/cacerts" "$export_certificates"
    for certificate in /certificates/*; do
        [ -f "$certificate" ] || continue
        keytool -importcert -noprompt -keystore "$export_certificates" -storepass changeit -file "$certificate" -alias "${certificate##*/}"
    done
    export JAVA_TOOL_OPTIONS="${JAVA_TOOL_OPTIONS} -Djavax.net.ssl.trustStore=$export_certificates"
fi
exec "$@"

#!/bin/sh
# Replaces every java of the image, and adds one where the finished image has it.
set -eu
here=/opt/crac-start
mkdir -p /opt/crac-java/bin /home/app "$here/record"
chown "$OWNER" /home/app "$here/record"
chmod 0700 "$here/record"
chmod 0755 "$here" "$here"/*.sh
original=$(command -v java || true)
[ -z "$original" ] || original=$(readlink -f "$original")
find / -xdev -type f -path '*/bin/java' 2>/dev/null | while read -r java; do
    mv "$java" "$java-original"
    cp "$here/java.sh" "$java"
done
[ -e /opt/crac-java/bin/java ] || cp "$here/java.sh" /opt/crac-java/bin/java
[ -z "$original" ] || [ -e /opt/crac-java/bin/java-original ] || ln -s "$original-original" /opt/crac-java/bin/java-original

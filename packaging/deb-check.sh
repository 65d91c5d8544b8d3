#!/bin/sh
# Runs inside the booted container of test-deb: one line per fact, "ok …" or "not ok …", into /deb-check.result.
result=/deb-check.result
: > "$result"
fact() { what="$1"; shift; if "$@" > /tmp/fact.log 2>&1; then echo "ok $what"; else echo "not ok $what"; sed 's/^/    /' /tmp/fact.log; fi >> "$result"; }

fact "the service's user exists" getent passwd myelin
fact "it does not start before it is configured" sh -c '! systemctl is-active myelin'
fact "init writes a first configuration" sh -c 'rm -f /etc/myelin/myelin.yaml; rmdir /etc/myelin/channels /etc/myelin/tables /etc/myelin/blocks; myelin init /etc/myelin && chgrp -R myelin /etc/myelin && chmod -R g+rX /etc/myelin'
fact "check and test pass" sh -c 'myelin check /etc/myelin && myelin test /etc/myelin'
fact "the service starts and says that it is ready" sh -c 'systemctl start myelin || { journalctl -u myelin --no-pager | tail -20; false; }'
fact "it runs as its own user" sh -c '[ "$(stat -c %U /proc/$(systemctl show -p MainPID --value myelin))" = myelin ]'
fact "status answers over the control socket" myelin status
fact "reload works" systemctl reload myelin
fact "it is killed and comes back" sh -c 'old=$(systemctl show -p MainPID --value myelin); kill -9 $old; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; new=$(systemctl show -p MainPID --value myelin); [ "$new" != 0 ] && [ "$new" != "$old" ] && myelin status > /dev/null && exit 0; done; exit 1'
fact "it stops in order" systemctl stop myelin
fact "its state is its own" sh -c '[ "$(stat -c %a:%U /var/lib/myelin)" = 700:myelin ]'
fact "removing keeps the messages" sh -c 'DEBIAN_FRONTEND=noninteractive dpkg -r myelin && [ -e /var/lib/myelin ]'
fact "purging leaves nothing" sh -c 'DEBIAN_FRONTEND=noninteractive dpkg -P myelin && [ ! -e /var/lib/myelin ] && [ ! -e /etc/myelin ] && [ ! -e /usr/bin/myelin ]'

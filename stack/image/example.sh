#!/bin/sh
# A host to try the log review on: it answers SSH, for a key that it makes at its first start, and writes a log.
set -eu
keys=/run/heartline/example
log=/var/log/example/app.log

for name in id_ed25519 host_ed25519; do
  [ -e "$keys/$name" ] || ssh-keygen -q -t ed25519 -N '' -C example -f "$keys/$name"
done

write() {
  count=0
  while :; do
    count=$((count + 1))
    now=$(date '+%Y-%m-%dT%H:%M:%S%:z')
    echo "$now example app[7]: request $count served in $((count % 90 + 10)) ms" >>"$log"
    if [ $((count % 30)) -eq 0 ]; then
      echo "$now example app[7]: ERROR database: connection refused, gave up after 3 attempts" >>"$log"
    fi
    sleep 10
  done
}
write &

exec /usr/sbin/sshd -D -e -f /dev/null -p 2222 -h "$keys/host_ed25519" \
  -o "AuthorizedKeysFile=$keys/id_ed25519.pub" -o StrictModes=no -o PidFile=none -o UsePAM=no \
  -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -o PermitRootLogin=no \
  -o AllowTcpForwarding=no -o Subsystem='sftp internal-sftp'

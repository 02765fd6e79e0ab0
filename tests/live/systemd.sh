# systemd as the first process of a host. It knows no unit but those in the host's own folder,
# and before it starts nothing of the machine can be written any more: what a distribution does
# at boot (systemd-tmpfiles empties /tmp!) must not happen to the machine.
here=$1
points=$(cut -d ' ' -f 5 /proc/self/mountinfo | grep -Ev '^/(proc|sys|dev|run|etc|var/(lib|cache|log)/libvirt)(/|$)')
mount --bind $here $here
case $here in
  /tmp/*)
    mount -t tmpfs -o mode=1777 tmpfs /mnt
    mkdir -p -m 755 /mnt/${here#/tmp/}
    mount --bind $here /mnt/${here#/tmp/}
    mount --move /mnt /tmp;;
  *) mount -t tmpfs -o mode=1777 tmpfs /tmp;;
esac
# A group of its own: systemd takes what it finds at the top for its own.
mkdir /run/groups
mount -t cgroup2 cgroup2 /run/groups
mkdir /run/groups/$3
echo $$ > /run/groups/$3/cgroup.procs
umount /run/groups
rmdir /run/groups
units=$here/units
mkdir -p $units
for unit in dbus.service dbus.socket libvirtd.service libvirtd.socket libvirtd-ro.socket \
  virtlogd.service virtlogd.socket virtlockd.service virtlockd.socket; do
  cp /lib/systemd/system/$unit $units
done
for target in sysinit basic sockets network shutdown lab; do
  printf '[Unit]\nDefaultDependencies=no\n' > $units/$target.target
done
printf 'Wants=dbus.service\nAfter=dbus.service\n' >> $units/lab.target
# What the host switches on or masks is linked from here.
rm -rf /etc/systemd/system
mkdir -p /etc/systemd/system
echo 00000000000000000000000000000001 > /etc/machine-id
mount --bind /dev /dev
for point in $points /dev; do
  mount -o remount,bind,ro $point
  if test -w $point; then echo "$point could still be written"; exit 1; fi
done
exec unshare -C sh -c "mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
echo ready
exec env -i container=lab SYSTEMD_UNIT_PATH=/etc/systemd/system:$units SYSTEMD_GENERATOR_PATH=$here/none PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=lab.target --log-target=console --show-status=no >$here/systemd.log 2>&1"

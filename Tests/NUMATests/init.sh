#!/bin/busybox sh
# shellcheck shell=dash
# The first process of the machine with two NUMA nodes: runs the programs and switches the machine off. What they write
# goes to the second serial port, each program's output between “begin NAME” and “end NAME STATUS”.

export PATH=/bin
busybox mount -t proc none /proc
busybox mount -t sysfs none /sys
busybox mount -t devtmpfs none /dev
exec >/dev/ttyS1 2>&1

run() { # name, command
  local name=$1
  shift
  echo "begin $name"
  "$@"
  echo "end $name $?"
}

# As Linux is found everywhere: huge pages for who asks, and pages moved to the node whose threads fault on them.
echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
echo 1 >/proc/sys/kernel/numa_balancing
run placement PlacementProbe placement
run one-node busybox taskset c PlacementProbe one-node
run info tessera info --json --pages
run text tessera info --pages
run refused PlacementProbe refused tessera info --json --pages
# So that every page stays where it was first written.
echo never >/sys/kernel/mm/transparent_hugepage/enabled
echo 0 >/proc/sys/kernel/numa_balancing
run small-pages PlacementProbe placement
run work PlacementProbe work
busybox poweroff -f

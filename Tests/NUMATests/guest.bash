# shellcheck shell=bash disable=SC2154
# A machine with two NUMA nodes: what it boots, and the booting. Whoever sources this sets `repository`, the folder of
# the package.

# What outlives a run: the kernel. The package ignores its folder.
cache=$repository/.build/numa

# Sets `kernel` to a Linux kernel to boot: that of the package for which linux-image-cloud-amd64 stands, downloaded and
# unpacked but not installed, or the one of an earlier run.
find_kernel() {
  local package folder=$cache/unpacking
  kernel=$(compgen -G "$cache/linux-image-*/boot/vmlinuz-*" | tail -n 1)
  if [[ -n $kernel ]]; then return; fi
  package=$(kernel_package)
  if [[ -z $package ]] && ((EUID == 0)); then
    apt-get update -qq >&2
    package=$(kernel_package)
  fi
  if [[ -z $package ]]; then
    echo "apt knows no linux-image-cloud-amd64; 'apt-get update' may help" >&2
    return 1
  fi
  rm -rf "$folder"
  mkdir -p "$folder"
  # As root apt would download as a user of its own, who may not write here.
  (cd "$folder" && apt-get -qq -o APT::Sandbox::User= download "$package" >&2 &&
    dpkg -x "$package"_*.deb . && rm -rf ./*.deb lib/modules) || return 1
  mv "$folder" "$cache/$package"
  kernel=$(compgen -G "$cache/$package/boot/vmlinuz-*")
}

kernel_package() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null |
    sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1
}

# Makes `root.cpio`, which the kernel unpacks as its root: busybox, the programs, the libraries that they need, and
# `init`, which runs first.
pack_root() { # folder to work in, init, programs
  local folder=$1 root=$1/root file
  mkdir -p "$root"/{bin,proc,sys,dev,tmp} || return 1
  cp "$2" "$root/init" && chmod +x "$root/init" || return 1
  cp "$(command -v busybox)" "${@:3}" "$root/bin/" || return 1
  libraries "$root"/bin/* >"$folder/libraries" || return 1
  while read -r file; do
    mkdir -p "$root${file%/*}" && cp -L "$file" "$root$file" || return 1
  done <"$folder/libraries"
  # Not compressed: that takes an emulated processor longer than loading it.
  (cd "$root" && find . | cpio --quiet -o -H newc --owner 0:0) >"$folder/root.cpio"
}

# The paths of the shared libraries of some programs, and of OpenBLAS, which is opened at run time.
libraries() { # programs
  local opened
  opened=$(compgen -G '/usr/lib/*/openblas-pthread/libopenblas.so.0') || {
    echo "there is no OpenBLAS of the pthread build" >&2
    return 1
  }
  {
    echo "$opened"
    # It fails for a program without libraries.
    { ldd "$@" "$opened" 2>/dev/null || true; } | grep -oE '/[^ ]+ \(0x' | cut -d ' ' -f 1
  } | sort -u
}

# Boots. The first serial port is the console, the second takes the results; fails when the machine does not switch
# itself off in time. Processors are emulated: most machines that run tests offer nothing better.
boot() { # seconds, kernel, root, file for the console, file for the results
  timeout --kill-after=5 "$1" qemu-system-x86_64 \
    -machine q35 -accel tcg,thread=multi -cpu max -smp 4 -m 4G \
    -object memory-backend-ram,id=memory0,size=2G -numa node,nodeid=0,cpus=0-1,memdev=memory0 \
    -object memory-backend-ram,id=memory1,size=2G -numa node,nodeid=1,cpus=2-3,memdev=memory1 \
    -kernel "$2" -initrd "$3" -append "console=ttyS0 quiet panic=-1" \
    -nodefaults -no-user-config -display none -no-reboot \
    -serial "file:$4" -serial "file:$5" </dev/null
}

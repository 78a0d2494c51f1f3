#!/usr/bin/env bash
# What does the preset linux-arm64 need? The cross compiler, the emulator and Debian's arm64 libraries.
# The libraries are only unpacked, into build/packages-arm64: this machine's own packages stay as
# they are. Where they cannot be had, CMake builds the libraries from source.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/setup.sh"

libraries=(libbenchmark1debian libbenchmark-dev libfmt9 libfmt-dev libgtest-dev libhwy1 libhwy-dev
  zlib1g zlib1g-dev libsqlite3-0 libsqlite3-dev libboost1.74-dev
  libsimdjson14 libsimdjson-dev)

# Package lists of arm64, beside those of this machine.
get_lists() {
  local lists=$root/build/packages-arm64.lists
  mkdir -p "$lists/partial"
  apt_options=(-o APT::Architecture=arm64 -o APT::Architectures::=arm64
    -o "Dir::State::lists=$lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o APT::Sandbox::User=root)
  apt-get "${apt_options[@]}" update -qq </dev/null >&2
}

# A program under test starts other arm64 programs (Motley its workers), which the emulator cannot do
# unless the kernel knows whom to ask.
register_emulator() {
  local registry=/proc/sys/fs/binfmt_misc
  if [ -e "$registry/qemu-aarch64" ]; then
    return
  fi
  if [ ! -e "$registry/register" ]; then
    as_root mount -t binfmt_misc none "$registry" || return 1
  fi
  # ELF, 64 bit, little endian, executable or shared object, machine 183 (aarch64): elf(5).
  printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64:' |
    as_root tee "$registry/register" >/dev/null
}

command -v apt-get >/dev/null ||
  stop "this system has no apt-get. Install a GCC 12 or later for aarch64-linux-gnu and qemu-user."
setup
install_packages g++-aarch64-linux-gnu qemu-user
# The header of the list's last package: a folder from before it was on the list is fetched again.
if [ ! -e "$root/build/packages-arm64/usr/include/simdjson.h" ]; then
  { get_lists && download_packages "$root/build/packages-arm64" "${libraries[@]}"; } ||
    say "no arm64 packages (see above); CMake will build the libraries from source"
fi
register_emulator ||
  say "binfmt_misc could not be set up; tests that start programs of their own will fail"
say "ready: cmake --preset linux-arm64 && cmake --build --preset linux-arm64 && ctest --preset linux-arm64"

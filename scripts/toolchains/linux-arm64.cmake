# 64-bit Arm Linux from another machine: Debian's cross compiler, tests run under qemu-aarch64.
# Libraries come from build/packages-arm64 (scripts/setup_arm64.sh), else they are built from source.
# MOTLEY_QEMU_CPU chooses the emulated core: `max` has SVE, `cortex-a53` stops at NEON.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

get_filename_component(motley_packages ${CMAKE_CURRENT_LIST_DIR}/../../build/packages-arm64 ABSOLUTE)
list(PREPEND CMAKE_PREFIX_PATH ${motley_packages}/usr)

set(MOTLEY_QEMU_CPU max CACHE STRING "The core that qemu-aarch64 emulates")
# By the environment, so that it also holds for the programs that a test starts itself, through the
# kernel's binfmt_misc.
set(CMAKE_CROSSCOMPILING_EMULATOR env QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
                                  QEMU_CPU=${MOTLEY_QEMU_CPU} qemu-aarch64)

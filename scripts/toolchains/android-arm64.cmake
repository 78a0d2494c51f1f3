# A phone: Android 9 (API 28) or later on 64-bit Arm, from the NDK that ANDROID_NDK_HOME names. The C++
# library and all dependencies are linked into the one executable, so that it is all there is to push:
#   adb push build/android-arm64/harness/cli/motley /data/local/tmp/
# The vendor's OpenCL library is loaded at run time; nothing of it is needed to build.
if(NOT EXISTS "$ENV{ANDROID_NDK_HOME}/build/cmake/android.toolchain.cmake")
  message(FATAL_ERROR "ANDROID_NDK_HOME is \"$ENV{ANDROID_NDK_HOME}\" and has no "
                      "build/cmake/android.toolchain.cmake (the phone's compiler comes from there). "
                      "Install the Android NDK, r25 or later, and export ANDROID_NDK_HOME=its folder.")
endif()
set(ANDROID_ABI arm64-v8a)
set(ANDROID_PLATFORM android-28)
set(ANDROID_STL c++_static)
# Header-only packages of this machine would do, but a phone's build must not depend on its own.
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
include($ENV{ANDROID_NDK_HOME}/build/cmake/android.toolchain.cmake)

# What does Motley build on? The system's package where there is one that is new enough, else a
# download pinned by commit. Both paths end in the same target names. The download can be tried
# without a network: -DCMAKE_DISABLE_FIND_PACKAGE_<NAME>=ON -DFETCHCONTENT_SOURCE_DIR_<NAME>=folder
include(FetchContent)

# motley_dependency(NAME SEARCH REPOSITORY COMMIT): SEARCH is what find_package is told beside NAME,
# the least version first; empty where the package does not tell its version.
function(motley_dependency name search repository commit)
  FetchContent_Declare(
    ${name}
    GIT_REPOSITORY https://github.com/${repository}.git
    GIT_TAG ${commit}
    GIT_SUBMODULES "" # they are for tests of theirs
    FIND_PACKAGE_ARGS ${search})
  FetchContent_MakeAvailable(${name})
  if(NOT ${name}_FOUND)
    message(STATUS "${name}: no package new enough, built from github.com/${repository}")
  endif()
endfunction()

# The packages' own targets, where a source tree calls them otherwise.
function(motley_alias name target)
  if(TARGET ${target} AND NOT TARGET ${name})
    add_library(${name} ALIAS ${target})
  endif()
endfunction()

# Warnings in the headers of a source tree are not ours. (FetchContent's own SYSTEM breaks the
# download in CMake 3.25.)
function(motley_quiet)
  foreach(target IN LISTS ARGN)
    if(TARGET ${target})
      set_target_properties(${target} PROPERTIES SYSTEM ON)
    endif()
  endforeach()
endfunction()

# Of a source tree we want the library alone, static: on a phone Motley is one file.
set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
set(CMAKE_POLICY_DEFAULT_CMP0126 NEW)
set(BUILD_SHARED_LIBS OFF)
set(BENCHMARK_ENABLE_TESTING OFF)
set(BENCHMARK_ENABLE_GTEST_TESTS OFF)
set(BENCHMARK_ENABLE_INSTALL OFF)
set(BENCHMARK_ENABLE_WERROR OFF)
set(CLI11_BUILD_TESTS OFF)
set(CLI11_BUILD_EXAMPLES OFF)
set(CLI11_BUILD_DOCS OFF)
set(HWY_ENABLE_CONTRIB OFF)
set(HWY_ENABLE_EXAMPLES OFF)
set(HWY_ENABLE_TESTS OFF)
set(ZLIB_BUILD_EXAMPLES OFF)
set(BUILD_GMOCK OFF)
set(INSTALL_GTEST OFF)

# Where scripts/setup.sh unpacks a package of headers that it does not install.
list(APPEND CMAKE_PREFIX_PATH ${PROJECT_SOURCE_DIR}/build/packages/usr)

find_package(Threads REQUIRED)
motley_dependency(nlohmann_json 3.11 nlohmann/json 9cca280a4d0ccf0c08f47a99aa71d1b0e52f8d03) # 3.11.3
# No least version: its package fits none but its own minor one. All have what is used here.
motley_dependency(simdjson "" simdjson/simdjson 88bf5cb6d95324751fc916475c77a53ffba0f1a8) # 3.6.4
motley_dependency(fmt 9 fmtlib/fmt e69e5f977d458f2650bb346dadf2ad30c5320281) # 10.2.1
motley_dependency(valijson "" tristanpenman/valijson
                  0b4771e273a065d437814baf426bcfcafec0f434) # 1.0.2
motley_alias(motley_valijson valijson)
motley_dependency(Boost 1.74 boostorg/math 1a7be5d895d266a870af7a6ed258e5bcf9838277) # 1.83.0
motley_alias(Boost::headers boost_math)
motley_dependency(SQLite3 3.35 azadkuh/sqlite-amalgamation
                  15d0ff10ebc7e7225eced1de84bb52137000899b) # 3.38.2
if(TARGET SQLite3) # a source tree does not tell where its header is
  target_include_directories(SQLite3 INTERFACE ${SQLite3_SOURCE_DIR})
  motley_alias(SQLite::SQLite3 SQLite3)
endif()
if(MOTLEY_PROGRAM)
  motley_dependency(benchmark 1.7 google/benchmark
                    344117638c8ff7e239044fd0fa7085839fc03021) # 1.8.3
  motley_dependency(CLI11 2.1 CLIUtils/CLI11 6c7b07a878ad834957b98d0f9ce1dbe0cb204fc9) # 2.4.2
  motley_dependency(hwy 1.0.3 google/highway ba0900a4957b929390ab73827235557959234fea) # 1.0.7
  motley_alias(hwy::hwy hwy)
  motley_dependency(ZLIB 1.2.11 madler/zlib 51b7f2abdade71cd9bb0e7a373ef2610ec6f9daf) # 1.3.1
  if(TARGET zlibstatic) # a source tree tells neither where its headers are nor its package's name
    target_include_directories(zlibstatic INTERFACE ${zlib_SOURCE_DIR} ${zlib_BINARY_DIR})
    motley_alias(ZLIB::ZLIB zlibstatic)
  endif()
  motley_dependency(OpenCLHeaders "" KhronosGroup/OpenCL-Headers
                    2368105c0531069fe927989505de7d125ec58c55) # 2023.12.14
endif()

# motley_optional(NAME HEADER TEXT): other people's kernels, loaded when the program runs. To build, a
# header that says TEXT is enough; where it is missing, so are their implementations. Its folder is
# MOTLEY_<NAME>_HEADERS; OFF does without. Not for another machine: what lies here is for this one.
function(motley_optional name header text)
  if(NOT CMAKE_CROSSCOMPILING)
    find_path(MOTLEY_${name}_HEADERS ${header} DOC "Folder of ${header}, or OFF")
  endif()
  set(found "")
  if(MOTLEY_${name}_HEADERS)
    file(STRINGS ${MOTLEY_${name}_HEADERS}/${header} found REGEX "${text}")
  endif()
  if(found)
    add_library(motley_${name}_headers INTERFACE)
    target_include_directories(motley_${name}_headers SYSTEM INTERFACE ${MOTLEY_${name}_HEADERS})
  else()
    message(STATUS "${name}: no ${header} with ${text}, built without")
  endif()
endfunction()
if(MOTLEY_PROGRAM)
  motley_optional(ONEDNN oneapi/dnnl/dnnl_version.h "DNNL_VERSION_MAJOR 2")
  motley_optional(CLBLAST clblast_c.h CLBlastSgemmStridedBatched)
endif()

if(MOTLEY_TESTS)
  # Not named GTest: FetchContent would set gtest_SOURCE_DIR, which its own project(gtest) needs.
  motley_dependency(googletest "1.12;NAMES;GTest" google/googletest
                    f8d7d77c06936315286eb55f8de22cd23c188571) # 1.14.0
  motley_alias(GTest::gtest gtest)
  motley_alias(GTest::gtest_main gtest_main)
endif()
motley_quiet(nlohmann_json simdjson fmt valijson SQLite3 benchmark CLI11 hwy zlibstatic boost_math Headers gtest gtest_main)

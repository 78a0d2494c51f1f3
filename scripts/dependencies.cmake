# Everything that Motley builds on: the system's package where there is one, else a pinned download.
# A fetched path can be tried without a network: -DFETCHCONTENT_SOURCE_DIR_<NAME>=unpacked/source
include(FetchContent)
set(FETCHCONTENT_TRY_FIND_PACKAGE_MODE OPT_IN)

function(motley_dependency name package url hash)
  FetchContent_Declare(${name} URL ${url} URL_HASH SHA256=${hash} DOWNLOAD_EXTRACT_TIMESTAMP ON
                       FIND_PACKAGE_ARGS NAMES ${package} ${ARGN})
endfunction()

find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(valijson REQUIRED)
if(TARGET valijson AND NOT TARGET motley_valijson)
  add_library(motley_valijson ALIAS valijson)
endif()
if(MOTLEY_PROGRAM)
  find_package(benchmark REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(hwy REQUIRED)
  find_package(OpenCLHeaders REQUIRED)
endif()
if(MOTLEY_TESTS)
  find_package(GTest REQUIRED)
endif()

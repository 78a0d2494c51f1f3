# How a folder becomes a target and its *_test.cpp files become tests. Folders are globbed, so that a
# new case, test or kernel is one new file and no list.

# motley_folder(NAME kind [LINK ...] [FOLDERS ...]): every .cpp of the folder and of FOLDERS but tests,
# every .cl embedded; kind is STATIC or OBJECT (OBJECT where cases register themselves: a linker drops
# members of a static library that nobody names).
function(motley_folder name kind)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LINK;FOLDERS;EMBED")
  set(patterns "*.cpp")
  set(embed_patterns "*.cl")
  foreach(folder IN LISTS arg_FOLDERS)
    list(APPEND patterns "${folder}/*.cpp")
    list(APPEND embed_patterns "${folder}/*.cl")
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  set(tests ${sources})
  if(sources)
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$|/main\\.cpp$")
  endif()
  file(GLOB embedded CONFIGURE_DEPENDS ${embed_patterns} ${arg_EMBED})
  add_library(motley_${name} ${kind})
  target_sources(motley_${name} PRIVATE ${sources})
  target_include_directories(motley_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(motley_${name} PUBLIC ${arg_LINK})
  motley_warnings(motley_${name})
  if(embedded)
    motley_embed(motley_${name} ${embedded})
  endif()
  set_target_properties(motley_${name} PROPERTIES LINKER_LANGUAGE CXX)
  set_property(GLOBAL APPEND PROPERTY MOTLEY_TESTED_FOLDERS ${name})
  set_property(GLOBAL PROPERTY MOTLEY_TESTS_OF_${name} ${tests})
endfunction()

# What nearly every file of ours includes. Without a compiler's cache that knows precompiled headers
# each change would compile all anew.
function(motley_precompile target)
  target_precompile_headers(${target} PRIVATE ${ARGN} <algorithm> <cmath> <functional> <map> <memory>
                            <optional> <set> <span> <string> <variant> <vector>)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()

function(motley_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                           -Wno-sign-conversion $<$<BOOL:${MOTLEY_WERROR}>:-Werror>)
  if(MOTLEY_TIDY)
    set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY ${MOTLEY_TIDY})
  endif()
  if(MOTLEY_SANITIZE)
    # GCC's manual: sanitizers make -Wmaybe-uninitialized see what is not there.
    target_compile_options(${target} PUBLIC -fsanitize=${MOTLEY_SANITIZE} -fno-omit-frame-pointer
                                            -fno-sanitize-recover=all
                                            $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(${target} PUBLIC -fsanitize=${MOTLEY_SANITIZE})
    # A third of the time to compile: two vector widths (Highway's baseline and AVX2), and what is no
    # kernel unoptimized and without the checks of every pointer (a null one is a signal all the same).
    target_compile_definitions(
      ${target}
      PRIVATE
        "HWY_DISABLED_TARGETS=(HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128|HWY_SSSE3|HWY_SSE4|HWY_AVX3|HWY_AVX3_DL)"
    )
    if(NOT target MATCHES "^motley_(harness|workloads|devices|microbench)$")
      target_compile_options(${target} PRIVATE -O0 -fno-sanitize=null,alignment,object-size,vptr)
    endif()
    # Release builds show which file lacks an include.
    motley_precompile(${target})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE AND MOTLEY_SANITIZE MATCHES address)
      target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/scripts/leak_check.cpp)
    endif()
  endif()
endfunction()

# Each file becomes `extern const std::string_view motley::embedded::<file name with _ for . and ->`.
function(motley_embed target)
  foreach(file IN LISTS ARGN)
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER ${name} symbol)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cpp)
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${output} -DSYMBOL=${symbol} -P
              ${PROJECT_SOURCE_DIR}/scripts/embed.cmake
      DEPENDS ${file} ${PROJECT_SOURCE_DIR}/scripts/embed.cmake
      VERBATIM)
    target_sources(${target} PRIVATE ${output})
  endforeach()
endfunction()

# One test program a folder, named <folder>_test, each linked with everything that exists.
function(motley_add_tests)
  get_property(folders GLOBAL PROPERTY MOTLEY_TESTED_FOLDERS)
  foreach(folder IN LISTS folders)
    get_property(tests GLOBAL PROPERTY MOTLEY_TESTS_OF_${folder})
    get_property(links GLOBAL PROPERTY MOTLEY_TEST_LINKS_${folder})
    if(tests)
      motley_test(${folder} SOURCES ${tests} LINK motley_${folder} ${links})
    endif()
  endforeach()
  file(GLOB tests CONFIGURE_DEPENDS harness/cli/*_test.cpp)
  if(tests AND TARGET motley)
    # These start the program itself; the others build without it.
    motley_test(cli SOURCES ${tests} LINK motley_devices motley_harness motley_analysis
                nlohmann_json::nlohmann_json fmt::fmt)
    target_compile_definitions(cli_test PRIVATE MOTLEY_PROGRAM="$<TARGET_FILE:motley>")
    add_dependencies(cli_test motley)
  endif()
  motley_fuzz(results_schema read 10 SOURCES results_schema/json_lines.cpp results_schema/json_refusal.cpp
              results_schema/json_write.cpp results_schema/record.cpp LINK nlohmann_json::nlohmann_json
              fmt::fmt LIBRARIES simdjson::simdjson)
  motley_test(architecture SOURCES scripts/architecture.cpp scripts/architecture_test.cpp)
  target_include_directories(architecture_test PRIVATE ${PROJECT_SOURCE_DIR})
  if(MOTLEY_PROGRAM)
    motley_check_readme()
    motley_check_report()
  endif()
  if(NOT MOTLEY_SANITIZE)  # a header that compiles alone does so under sanitizers too
    motley_check_headers()
  endif()
endfunction()

function(motley_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  add_executable(${name}_test ${arg_SOURCES})
  # Compiled often, run for seconds: half of the time that they take with -O2 and without.
  target_compile_options(${name}_test PRIVATE -O0)
  motley_precompile(${name}_test <gtest/gtest.h>)
  target_link_libraries(${name}_test PRIVATE ${arg_LINK} GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE MOTLEY_SOURCE_FOLDER="${PROJECT_SOURCE_DIR}")
  motley_warnings(${name}_test)
  include(GoogleTest)
  # Tests of one program share their files' names: one at a time, in a folder of the program's own.
  set(files ${PROJECT_BINARY_DIR}/test_files/${name}/)
  file(MAKE_DIRECTORY ${files})
  set(seconds 300)
  if(CMAKE_CROSSCOMPILING_EMULATOR)
    set(seconds 1800)
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}/ DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${seconds} RESOURCE_LOCK ${name} ENVIRONMENT TEST_TMPDIR=${files})
endfunction()

# A compiler that has libFuzzer: another one than builds the rest, if need be.
function(motley_find_fuzzer)
  if(DEFINED CACHE{MOTLEY_FUZZER})
    return()
  endif()
  find_program(clang NAMES clang++ clang++-14 clang++-15 clang++-16 clang++-17 clang++-18 NO_CACHE)
  set(probe ${PROJECT_BINARY_DIR}/fuzz/probe.cpp)
  file(WRITE ${probe} "extern \"C\" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }")
  set(fuzzer "")
  if(clang)
    execute_process(COMMAND ${clang} -fsanitize=fuzzer,address,undefined ${probe} -o ${probe}.out
                    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed)
      set(fuzzer ${clang})
    endif()
  endif()
  set(MOTLEY_FUZZER "${fuzzer}" CACHE FILEPATH "Clang with libFuzzer; empty: no fuzzing")
endfunction()

# motley_fuzz(FOLDER NAME seconds SOURCES ... LINK ... LIBRARIES ...): NAME_fuzz.cpp and SOURCES, all
# compiled with address and undefined-behaviour sanitizers, run for so long on what
# FOLDER/testdata/fuzz begins with.
# LINK: targets whose headers they need; LIBRARIES: those that are linked, too.
function(motley_fuzz folder name seconds)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "SOURCES;LINK;LIBRARIES")
  set(test ${folder}/fuzz.${name})
  if(CMAKE_CROSSCOMPILING OR MOTLEY_SANITIZE)
    return()
  endif()
  motley_find_fuzzer()
  if(NOT MOTLEY_FUZZER)
    message(STATUS "No Clang with libFuzzer: ${test} is skipped")
    add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -E echo "Skipped: no Clang with libFuzzer was found")
    set_tests_properties(${test} PROPERTIES SKIP_REGULAR_EXPRESSION "Skipped:")
    return()
  endif()
  set(flags -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
  set(work ${PROJECT_BINARY_DIR}/fuzz/${name})
  file(MAKE_DIRECTORY ${work}/corpus)
  set(headers "$<TARGET_PROPERTY:motley_${folder},INTERFACE_INCLUDE_DIRECTORIES>")
  foreach(target IN LISTS arg_LINK arg_LIBRARIES)
    list(APPEND headers "$<TARGET_PROPERTY:${target},INTERFACE_INCLUDE_DIRECTORIES>")
  endforeach()
  set(libraries "")
  foreach(target IN LISTS arg_LIBRARIES)
    list(APPEND libraries $<TARGET_LINKER_FILE:${target}>)
  endforeach()
  set(objects "")
  foreach(source IN LISTS arg_SOURCES ITEMS ${folder}/${name}_fuzz.cpp)
    cmake_path(GET source STEM stem)
    set(object ${work}/${stem}.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${MOTLEY_FUZZER} ${flags} -DFMT_HEADER_ONLY
              "-I$<JOIN:$<REMOVE_DUPLICATES:${headers}>,;-I>" -MD -MF ${object}.d -c
              ${PROJECT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${PROJECT_SOURCE_DIR}/${source}
      DEPFILE ${object}.d
      COMMAND_EXPAND_LISTS VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  add_custom_command(OUTPUT ${work}/${name}_fuzz COMMAND ${MOTLEY_FUZZER} ${flags} ${objects}
                                                         ${libraries} -o ${work}/${name}_fuzz
                     DEPENDS ${objects} ${arg_LIBRARIES} VERBATIM)
  add_custom_target(${name}_fuzz ALL DEPENDS ${work}/${name}_fuzz)
  add_test(NAME ${test}
           COMMAND ${work}/${name}_fuzz -seed=1 -max_total_time=${seconds} -timeout=5 -rss_limit_mb=1024
                   -max_len=16384 -artifact_prefix=${work}/ -print_final_stats=1 ${work}/corpus
                   ${PROJECT_SOURCE_DIR}/${folder}/testdata/fuzz)
  set_tests_properties(${test} PROPERTIES TIMEOUT 120)
endfunction()

# Reports as other programs see them, once and not under sanitizers: opened in a browser, where there
# are npm and Chromium; their tables in a LaTeX document, where there is pdflatex.
function(motley_check_report)
  if(MOTLEY_SANITIZE OR CMAKE_CROSSCOMPILING)
    return()
  endif()
  find_program(MOTLEY_CHROMIUM NAMES chromium chromium-browser google-chrome
               DOC "Browser that tests open reports in; OFF does without")
  find_program(MOTLEY_PDFLATEX pdflatex DOC "Compiles reports' tables in a test; OFF does without")
  set(pages ${PROJECT_BINARY_DIR}/test_files/report_pages/)
  set(folder ${PROJECT_SOURCE_DIR}/analysis/report)
  file(MAKE_DIRECTORY ${pages})
  add_test(NAME report/pages COMMAND report_test --gtest_filter=Pages.*)
  set_tests_properties(report/pages PROPERTIES FIXTURES_SETUP report_pages TIMEOUT 60
                                               ENVIRONMENT TEST_TMPDIR=${pages})
  if(MOTLEY_NPM AND MOTLEY_CHROMIUM)
    add_test(NAME report/browser
             COMMAND ${folder}/browser_test/run.sh ${PROJECT_BINARY_DIR}/browser_test ${MOTLEY_CHROMIUM}
                     ${pages}example ${pages}many ${pages}hostile)
    set_tests_properties(report/browser PROPERTIES FIXTURES_REQUIRED report_pages TIMEOUT 300
                                                   SKIP_RETURN_CODE 77)
  else()
    message(STATUS "npm or Chromium: not found, reports are not opened in a browser")
  endif()
  if(MOTLEY_PDFLATEX)
    add_test(NAME report/latex COMMAND ${folder}/latex_test.sh ${MOTLEY_PDFLATEX}
                                       ${PROJECT_BINARY_DIR}/test_files/latex ${pages}example ${pages}hostile)
    set_tests_properties(report/latex PROPERTIES FIXTURES_REQUIRED report_pages TIMEOUT 60)
  endif()
endfunction()

# The README's example of a microbenchmark compiles.
function(motley_check_readme)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md)
  file(READ ${PROJECT_SOURCE_DIR}/README.md readme)
  string(REGEX REPLACE "^.*```cpp\n(.*)\n```\n.*$" "\\1" example "${readme}")
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/readme/example.cpp CONTENT "${example}" @ONLY)
  add_library(motley_readme OBJECT ${PROJECT_BINARY_DIR}/readme/example.cpp)
  target_link_libraries(motley_readme PRIVATE motley_harness)
  motley_warnings(motley_readme)
endfunction()

# Every header compiles alone: who includes it need not know what it needs. Those that a
# source includes before all else do so already.
function(motley_check_headers)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} results_schema/*.hpp
       analysis/*.hpp harness/*.hpp devices/*.hpp microbench/*.hpp workloads/*.hpp)
  if(NOT MOTLEY_PROGRAM)
    list(FILTER headers INCLUDE REGEX "^(results_schema|analysis)/")
  endif()
  if(NOT TARGET motley_ONEDNN_headers)
    list(FILTER headers EXCLUDE REGEX "^devices/onednn/")
  endif()
  add_library(motley_headers OBJECT)
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "\\.hpp$" ".cpp" beside ${header})
    if(EXISTS ${PROJECT_SOURCE_DIR}/${beside})
      file(STRINGS ${PROJECT_SOURCE_DIR}/${beside} first REGEX "^#include" LIMIT_COUNT 1)
      if(first STREQUAL "#include \"${header}\"")
        continue()
      endif()
    endif()
    set(source ${PROJECT_BINARY_DIR}/headers/${header}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"@header@\"\n#include \"@header@\"\n" @ONLY)
    target_sources(motley_headers PRIVATE ${source})
  endforeach()
  target_include_directories(motley_headers PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(motley_headers PRIVATE MOTLEY_SOURCE_FOLDER="" MOTLEY_PROGRAM="")
  target_link_libraries(motley_headers PRIVATE GTest::gtest)
  if(MOTLEY_PROGRAM)
    target_link_libraries(motley_headers PRIVATE OpenCL::Headers fmt::fmt CLI11::CLI11 hwy::hwy
                                                 benchmark::benchmark
                                                 $<TARGET_NAME_IF_EXISTS:motley_ONEDNN_headers>)
  endif()
  motley_warnings(motley_headers)
endfunction()

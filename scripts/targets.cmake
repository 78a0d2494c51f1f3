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
  file(GLOB tests CONFIGURE_DEPENDS "*_test.cpp" "*/*_test.cpp")
  if(sources)
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/main\\.cpp$")
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

function(motley_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                           -Wno-sign-conversion)
  if(MOTLEY_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${MOTLEY_SANITIZE} -fno-omit-frame-pointer
                                            -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${MOTLEY_SANITIZE})
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
    if(NOT tests)
      continue()
    endif()
    add_executable(${folder}_test ${tests})
    target_link_libraries(${folder}_test PRIVATE motley_${folder} GTest::gtest GTest::gtest_main)
    get_property(links GLOBAL PROPERTY MOTLEY_TEST_LINKS_${folder})
    target_link_libraries(${folder}_test PRIVATE ${links})
    target_compile_definitions(${folder}_test PRIVATE
                               MOTLEY_SOURCE_FOLDER="${PROJECT_SOURCE_DIR}")
    if(TARGET motley)
      target_compile_definitions(${folder}_test PRIVATE MOTLEY_PROGRAM="$<TARGET_FILE:motley>")
      add_dependencies(${folder}_test motley)
    endif()
    motley_warnings(${folder}_test)
    include(GoogleTest)
    gtest_discover_tests(${folder}_test TEST_PREFIX ${folder}/ DISCOVERY_MODE PRE_TEST
                         PROPERTIES TIMEOUT 300)
  endforeach()
endfunction()

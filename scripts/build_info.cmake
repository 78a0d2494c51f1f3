# Writes OUTPUT with what a record says of the program: run at every build, changes only with its content.
execute_process(COMMAND git -C ${SOURCE} rev-parse HEAD OUTPUT_VARIABLE commit
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
# New files count: they are found and built. Without git nobody knows, and that is no clean state.
execute_process(COMMAND git -C ${SOURCE} status --porcelain -- CMakeLists.txt scripts results_schema
                        harness devices microbench workloads analysis
                OUTPUT_VARIABLE changes RESULT_VARIABLE failed ERROR_QUIET)
if(changes STREQUAL "" AND failed EQUAL 0)
  set(dirty false)
else()
  set(dirty true)
endif()
set(text "#include \"harness/cli/build_info.hpp\"
namespace motley {
const BuildInfo build_info{\"${VERSION}\", \"${commit}\", \"${COMPILER}\", \"${FLAGS}\", \"${BUILD}\", ${dirty}};
}  // namespace motley
")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} earlier)
endif()
if(NOT text STREQUAL "${earlier}")
  file(WRITE ${OUTPUT} "${text}")
endif()

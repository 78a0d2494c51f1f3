# Writes OUTPUT with what a record says of the program: run at every build, changes only with its content.
execute_process(COMMAND git -C ${SOURCE} rev-parse HEAD OUTPUT_VARIABLE commit
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no
                OUTPUT_VARIABLE changes ERROR_QUIET)
if(changes STREQUAL "")
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

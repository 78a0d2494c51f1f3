# Vega, Vega-Lite and Vega-Embed, as npm's lock file pins them, as one C++ file OUTPUT. NPM: the
# program, empty where there is none; FOLDER: the lock file's; WORK: where npm may write. Whatever
# fails, OUTPUT says that there are no scripts, and the build goes on: reports then show tables.
set(pairs "vega vega.min.js" "vega-lite vega-lite.min.js" "vega-embed vega-embed.min.js")
set(reason "")
if(NOT NPM)
  set(reason "npm was not found")
else()
  file(MAKE_DIRECTORY ${WORK})
  file(COPY ${FOLDER}/package.json ${FOLDER}/package-lock.json ${FOLDER}/.npmrc DESTINATION ${WORK})
  execute_process(
    COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY ${WORK}
    RESULT_VARIABLE status
    OUTPUT_QUIET ERROR_VARIABLE said TIMEOUT 300)
  if(NOT status EQUAL 0)
    string(REGEX REPLACE "[\r\n]+" " " said "${said}")
    set(reason "npm ci failed: ${said}")
  endif()
endif()

set(definitions "")
set(entries "")
if(NOT reason)
  foreach(pair IN LISTS pairs)
    separate_arguments(pair)
    list(GET pair 0 package)
    list(GET pair 1 file)
    file(READ ${WORK}/node_modules/${package}/build/${file} text)
    file(READ ${WORK}/node_modules/${package}/package.json about)
    string(JSON version GET "${about}" version)
    # What would end the script that it lies in, or the raw literals below.
    if(text MATCHES "</[sS][cC][rR][iI][pP][tT]|<!--|\\)__\"")
      set(reason "${package} holds what cannot be inlined")
      break()
    endif()
    string(LENGTH "${text}" length)
    set(pieces "")
    set(begin 0)
    while(begin LESS length)
      string(SUBSTRING "${text}" ${begin} 8000 piece)
      string(APPEND pieces "R\"__(${piece})__\",\n")
      math(EXPR begin "${begin} + 8000")
    endwhile()
    string(MAKE_C_IDENTIFIER ${package} symbol)
    # Pieces, because compilers need not take a literal above 64 KiB.
    string(APPEND definitions "const std::string_view ${symbol}[] = {${pieces}};\n")
    string(APPEND entries
           "{\"${package} ${version}, University of Washington Interactive Data Lab, BSD-3-Clause\","
           " joined(${symbol})}, ")
  endforeach()
endif()
if(reason)
  message(WARNING "The report will have tables and no charts: ${reason}")
  set(definitions "")
  set(entries "")
else()
  string(APPEND definitions "std::string joined(std::span<const std::string_view> pieces) {
  std::string text;
  for (const std::string_view piece : pieces) text += piece;
  return text;
}
")
endif()
file(WRITE ${OUTPUT} "#include <span>

#include \"analysis/report/report.hpp\"

namespace motley::analysis::report {
namespace {
${definitions}
}  // namespace
std::vector<Script> chart_scripts() { return {${entries}}; }
}  // namespace motley::analysis::report
")

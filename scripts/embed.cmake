# INPUT as a C++ string named SYMBOL in OUTPUT. Raw literals are cut at 8000 characters: the standard
# only promises 65536 for a whole literal, and compilers are slow on long ones.
file(READ ${INPUT} text)
string(LENGTH "${text}" length)
set(pieces "")
set(begin 0)
while(begin LESS length)
  string(SUBSTRING "${text}" ${begin} 8000 piece)
  string(APPEND pieces "R\"__(${piece})__\"\n")
  math(EXPR begin "${begin} + 8000")
endwhile()
file(WRITE ${OUTPUT} "#include <string_view>
namespace motley::embedded {
extern const std::string_view ${SYMBOL};
constexpr char text[] = ${pieces};
const std::string_view ${SYMBOL}(text, sizeof(text) - 1);
}  // namespace motley::embedded
")

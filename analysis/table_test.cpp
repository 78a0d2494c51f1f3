// One table, five readers: what each must not be able to misread.
#include "analysis/table.hpp"

#include <gtest/gtest.h>

#include "analysis/escape.hpp"

namespace motley::analysis {
namespace {

Table two_rows() {
  Table table;
  table.title = "Ratios & more";
  table.columns = {{"case", false, ""}, {"ratio", true, "ratio"}};
  table.rows = {{"op/matmul", {"1.05x", 1.0512345678901234}}, {"=1+1|<b>", {"n/a"}}};
  return table;
}

TEST(Table, TextIsAlignedAndNumbersStandAtTheRight) {
  EXPECT_EQ(terminal_text(two_rows()),
            "Ratios & more\n"
            "case       ratio\n"
            "op/matmul  1.05x\n"
            "=1+1|<b>     n/a\n\n");
}

TEST(Table, NamesAreClippedInTheirMiddleWhereARowIsTooWide) {
  Table table = two_rows();
  table.rows[0][0] = std::string(60, 'a') + std::string(60, 'b');
  const std::string text = terminal_text(table, 40);
  EXPECT_NE(text.find("aaa..bbb"), std::string::npos) << text;
  EXPECT_NE(text.find("1.05x"), std::string::npos) << text;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 40u) << text;
    begin = end + 1;
  }
}

TEST(Table, MarkdownCellsCannotEndARowOrStartATag) {
  EXPECT_EQ(markdown_text(two_rows(), 2),
            "## Ratios &amp; more\n\n"
            "| case | ratio |\n|---|---:|\n"
            "| op/matmul | 1.05x |\n"
            "| =1+1\\|&lt;b&gt; | n/a |\n\n");
}

TEST(Table, LatexKeepsItsCommandsToItself) {
  Table table = two_rows();
  table.rows[1][0] = "\\input{x}_%";
  const std::string text = latex_text(table, "tab:ratios");
  EXPECT_NE(text.find("\\caption{Ratios \\& more}"), std::string::npos) << text;
  EXPECT_NE(text.find("\\textbackslash{}input\\{x\\}\\_\\%"), std::string::npos) << text;
}

TEST(Table, CsvKeepsAllDigitsAndNoFormula) {
  EXPECT_EQ(csv_text(two_rows()),
            "case,ratio\r\nop/matmul,1.0512345678901234\r\n'=1+1|<b>,n/a\r\n");
}

TEST(Table, JsonNamesEachValueAndSurvivesTextThatIsNoUtf8) {
  Table table = two_rows();
  table.rows[1][0] = "\xff\"";
  EXPECT_EQ(json_text(table),
            "[\n {\n  \"case\": \"op/matmul\",\n  \"ratio\": 1.0512345678901234\n },\n"
            " {\n  \"case\": \"\xEF\xBF\xBD\\\"\",\n  \"ratio\": \"n/a\"\n }\n]\n");
}

TEST(Escape, SpreadsheetsComputeNothing) {
  EXPECT_EQ(csv("=cmd|'/c calc'!A0"), "'=cmd|'/c calc'!A0");
  EXPECT_EQ(csv("@SUM(1,2)"), "\"'@SUM(1,2)\"");
  EXPECT_EQ(csv("-5"), "-5");
  EXPECT_EQ(csv("-5+cmd"), "'-5+cmd");
  EXPECT_EQ(csv("a \"b\""), "\"a \"\"b\"\"\"");
}

TEST(Escape, TagsAndAttributesEndWhereWeEndThem) {
  EXPECT_EQ(html("</script>\"'&\x01"), "&lt;/script&gt;&quot;&#39;&amp; ");
}

}  // namespace
}  // namespace motley::analysis

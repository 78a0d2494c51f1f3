// Reading text of unknown size: whatever a file holds, no more of it is in memory than was allowed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace motley::schema {

/// One line after another. Of a line that is too long the beginning is kept and the rest read over.
class Lines {
 public:
  /// Throws BadRecord where there is no such file.
  Lines(const std::filesystem::path& file, std::size_t most_bytes);

  /// False behind the last line.
  bool next();
  const std::string& text() const { return text_; }  ///< without the newline
  std::size_t number() const { return number_; }     ///< from 1
  bool whole() const { return whole_; }              ///< it ended with a newline
  bool too_long() const { return too_long_; }
  /// Says so of the line, as BadRecord without file and number. Its rest is not read.
  void refuse_long() const;

 private:
  bool fill();

  std::size_t most_bytes_;
  std::ifstream in_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::string text_;
  std::size_t number_ = 0;
  bool whole_ = false, too_long_ = false, skipping_ = false;
};

/// Throws BadRecord where it is larger, or cannot be read.
std::string whole_file(const std::filesystem::path& file, std::size_t most_bytes);

}  // namespace motley::schema

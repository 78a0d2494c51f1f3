// Any text of the user as characters: each byte that occurs is a token, in the order of the bytes.
// The first nine tenths are learnt, the last is tested with; sample i begins at character i *
// context.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/data/file.hpp"
#include "workloads/data/text_set.hpp"

namespace motley::workloads {
namespace {

class FileText : public TextSet {
 public:
  FileText(DataDescription description, Bytes tokens, std::size_t train_tokens)
      : TextSet(std::move(description)), tokens_(std::move(tokens)), train_(train_tokens) {}

 private:
  void text(Split split, std::uint64_t index, std::span<std::int32_t> tokens) const override {
    const std::size_t first = (split == Split::train ? 0 : train_) + index * (tokens.size() - 1);
    std::copy_n(tokens_.begin() + static_cast<std::ptrdiff_t>(first), tokens.size(),
                tokens.begin());
  }
  Bytes tokens_;
  std::size_t train_;  ///< how many tokens are learnt
};

/// One file, or all *.txt of a folder in the order of their names.
Bytes read_text(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) return read_file(path);
  const std::vector<std::string> endings{".txt"};
  Bytes all;
  for (const std::string& file : files_in(path, endings)) {
    const Bytes bytes = read_file(file, most_file_bytes - all.size());
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

/// Turns bytes into tokens; returns the alphabet.
std::string number_characters(Bytes& text) {
  std::array<bool, 256> occurs{};
  for (const std::uint8_t byte : text) occurs[byte] = true;
  std::array<std::uint8_t, 256> token{};
  std::string alphabet;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    token[byte] = static_cast<std::uint8_t>(alphabet.size());
    if (occurs[byte]) alphabet += static_cast<char>(byte);
  }
  for (std::uint8_t& byte : text) byte = token[byte];
  return alphabet;
}

std::unique_ptr<DataSet> open(const DataOptions& options) {
  Bytes text = read_text(options.folder);
  std::string alphabet = number_characters(text);
  DataDescription description = describe_text(options, 1, std::move(alphabet));
  const auto context = static_cast<std::size_t>(options.context);
  const std::size_t train = text.size() - text.size() / 10;
  if (text.size() - train < context + 1 || train < context + 1) {
    throw Error(
        fmt::format("{} holds {} characters of text (a test of one sample needs a tenth of "
                    "them to be {}). Name a longer text, or a folder of *.txt.",
                    options.folder, text.size(), context + 1));
  }
  if (description.classes < 2) {
    throw Error(
        fmt::format("{} holds one character only, repeated {} times (nothing can be learnt "
                    "from it). Name another text.",
                    options.folder, text.size()));
  }
  description.train_samples = (train - 1) / context;
  description.test_samples = (text.size() - train - 1) / context;
  return std::make_unique<FileText>(std::move(description), std::move(text), train);
}

const DataSetRegistration registration([] {
  return DataSetKind{"text", "the characters of a text file, or of a folder of *.txt", true, open};
});

}  // namespace
}  // namespace motley::workloads

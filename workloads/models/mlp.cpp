// Fully connected networks of any widths: those of the paper on training with a phone's GPU (Das et
// al., PerCom Workshops 2022) are 16-16, 16-16-16-16, 256-256 and 784-256-128-16.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/models/model.hpp"

namespace motley::workloads {
namespace {

std::vector<std::int64_t> widths_from(const std::string& text) {
  std::vector<std::int64_t> widths;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('-', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const bool digits = !part.empty() && part.size() <= 6 &&
                        part.find_first_not_of("0123456789") == std::string::npos;
    widths.push_back(digits ? std::stoll(part) : 0);
    if (widths.back() <= 0) {
      throw BadArgument(fmt::format(
          "widths={} ('{}' is no width). Write them as in 784-256-128-10.", text, part));
    }
    begin = end + 1;
  }
  if (widths.size() < 2) {
    throw BadArgument(
        fmt::format("widths={} (a network needs an input and an output). Write them "
                    "as in 784-256-128-10.",
                    text));
  }
  return widths;
}

void build(ModelBuilder& model) {
  const std::vector<std::int64_t> widths = widths_from(model.text("widths"));
  const bool bias = model.integer("bias", 0, 1) != 0;
  TensorId x = model.input({widths.front()});
  for (std::size_t i = 1; i < widths.size(); ++i) {
    const bool last = i + 1 == widths.size();
    x = model.dense("dense" + std::to_string(i), x, widths[i], bias, last ? "none" : "relu");
  }
  model.classify(x, widths.front() == 784 && widths.back() >= 10 ? "glyphs" : "");
}

const ModelRegistration registration([] {
  return ModelFamily{"mlp",
                     "Fully connected layers with ReLU between them",
                     {{"widths",
                       "Of the input and of each layer",
                       "784-256-128-10",
                       {"16-16", "16-16-16-16", "256-256", "784-256-128-16"}},
                      {"bias", "0 or 1: each layer adds a bias", "1"}},
                     build,
                     Tier::standard};
});

}  // namespace
}  // namespace motley::workloads

#include "harness/cli/progress.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

#include "devices/linux/process.hpp"
#include "harness/clock.hpp"

namespace motley::cli {
namespace {

std::string duration(double seconds) {
  const int whole = static_cast<int>(seconds + 0.5);
  return whole < 60 ? fmt::format("{} s", whole)
                    : fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

/// Nothing is known of the time that is left before the first visit is done.
std::string how_far(std::size_t done, std::size_t visits, double seconds_left) {
  return fmt::format("{}/{} visits", done, visits) +
         (done > 0 ? ", " + duration(seconds_left) + " left" : "");
}

std::string where(const schema::Key& key) {
  std::string text = key.case_name + " on " + key.processor;
  for (const auto& [name, value] : key.parameters)
    text += " " + name + "=" + schema::to_string(value);
  return text;
}

class TerminalProgress final : public Progress {
 public:
  ~TerminalProgress() override { clear(); }
  void planned(std::size_t visits) override { fmt::print(stderr, "{} visits planned\n", visits); }
  void visiting(const schema::Key& key, std::size_t done, std::size_t visits,
                double seconds_left) override {
    std::string line = how_far(done, visits, seconds_left) + ": " + where(key);
    const auto columns = static_cast<std::size_t>(std::max(20, devices::terminal_columns()));
    if (line.size() >= columns) line.resize(columns - 1);
    fmt::print(stderr, "\r\x1b[K{}", line);
    std::fflush(stderr);
    shown_ = true;
  }
  void finished(const schema::Block& block) override {
    if (block.status == schema::Status::ok || block.status == schema::Status::unsupported) return;
    clear();
    fmt::print(stderr, "{}: {}: {}\n", where(block.key), schema::to_string(block.status),
               block.reason);
  }
  void note(const std::string& text) override {
    clear();
    fmt::print(stderr, "{}\n", text);
  }

 private:
  void clear() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
    shown_ = false;
  }
  bool shown_ = false;
};

class PlainProgress final : public Progress {
 public:
  void planned(std::size_t visits) override { fmt::print(stderr, "{} visits planned\n", visits); }
  void visiting(const schema::Key& key, std::size_t done, std::size_t visits,
                double seconds_left) override {
    constexpr double seconds_between_lines = 15;
    const double now = steady_clock().seconds();
    if (done > 0 && now - last_ < seconds_between_lines) return;
    last_ = now;
    fmt::print(stderr, "{}: {}\n", how_far(done, visits, seconds_left), where(key));
  }
  void finished(const schema::Block& block) override {
    if (block.status == schema::Status::ok || block.status == schema::Status::unsupported) return;
    fmt::print(stderr, "{}: {}: {}\n", where(block.key), schema::to_string(block.status),
               block.reason);
  }
  void note(const std::string& text) override { fmt::print(stderr, "{}\n", text); }

 private:
  double last_ = 0;
};

}  // namespace

std::unique_ptr<Progress> progress() {
  if (devices::error_output_is_terminal()) return std::make_unique<TerminalProgress>();
  return std::make_unique<PlainProgress>();
}

}  // namespace motley::cli

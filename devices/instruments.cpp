#include "devices/instruments.hpp"

#include <exception>
#include <fmt/format.h>

#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

constexpr double lowest_plausible_celsius = 10, highest_plausible_celsius = 130;

class FileInstrument : public Instrument {
 public:
  FileInstrument(std::string name, std::string source, Counts counts, std::function<Reading()> read)
      : name_(std::move(name)),
        source_(std::move(source)),
        counts_(counts == Counts::yes),
        read_(std::move(read)) {}

  const std::string& name() const override { return name_; }
  const std::string& source() const override { return source_; }
  bool counts() const override { return counts_; }
  Reading read() override {
    try {
      return read_();
    } catch (const std::exception& error) {
      return absent_reading(source_ + ": " + error.what());
    }
  }

 private:
  std::string name_, source_;
  bool counts_;
  std::function<Reading()> read_;
};

bool plausible(double celsius) {
  return celsius >= lowest_plausible_celsius && celsius <= highest_plausible_celsius;
}

}  // namespace

Instruments all_instruments(const SharedFiles& files) {
  Instruments instruments;
  add_frequencies(files, instruments);
  add_thermal(files, instruments);
  add_power(files, instruments);
  add_memory(files, instruments);
  add_scheduler(files, instruments);
  add_gpu(files, instruments);
  return instruments;
}

std::unique_ptr<Instrument> make_instrument(std::string name, std::string source, Counts counts,
                                            std::function<Reading()> read) {
  return std::make_unique<FileInstrument>(std::move(name), std::move(source), counts,
                                          std::move(read));
}

std::unique_ptr<Instrument> make_missing(std::string name, std::string source, Reading::State state,
                                         std::string reason) {
  const Reading reading{state, 0, std::move(reason)};
  return make_instrument(std::move(name), std::move(source), Counts::no, [=] { return reading; });
}

Reading value_reading(double value) {
  return {Reading::State::value, value, {}};
}

Reading absent_reading(std::string reason) {
  return {Reading::State::absent, 0, std::move(reason)};
}

Reading failed_reading(const FileText& file) {
  return {file.state, 0, file.reason};
}

Reading number_reading(const Files& files, const std::string& path, double scale) {
  const FileText file = files.read(path);
  if (!file.has_value()) return failed_reading(file);
  const auto number = parse_number(file.text);
  if (!number) return absent_reading(fmt::format("{}: '{:.40}' is no number", path, file.text));
  return value_reading(*number * scale);
}

Reading TemperatureUnit::celsius(double raw, const std::string& path) {
  if (scale_ == 0) {
    for (const double scale : {1e-3, 1.0, 0.1}) {
      if (!plausible(raw * scale)) continue;
      scale_ = scale;
      break;
    }
  }
  if (scale_ != 0 && plausible(raw * scale_)) return value_reading(raw * scale_);
  return absent_reading(fmt::format("{}: {} is no temperature between {:.0f} and {:.0f} C", path,
                                    raw, lowest_plausible_celsius, highest_plausible_celsius));
}

}  // namespace motley::devices

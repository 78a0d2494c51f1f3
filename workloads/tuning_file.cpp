#include "workloads/tuning_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/error.hpp"
#include "results_schema/json_lines.hpp"
#include "results_schema/lines.hpp"

namespace motley::workloads {
namespace {

using Json = nlohmann::ordered_json;

/// How each line begins: a cut one is told from a file of something else.
constexpr std::string_view line_start = R"({"record":"choice",)";

Json json(const schema::Parameters& parameters) {
  Json object = Json::object();
  for (const auto& [name, value] : parameters) {
    std::visit([&, &key = name](const auto& one) { object[key] = one; }, value);
  }
  return object;
}

schema::Parameters parameters_of(const Json& object) {
  schema::Parameters parameters;
  for (const auto& [name, value] : object.items()) {
    if (value.is_number_integer()) {
      parameters[name] = value.get<std::int64_t>();
    } else if (value.is_number()) {
      parameters[name] = value.get<double>();
    } else {
      parameters[name] = value.get<std::string>();
    }
  }
  return parameters;
}

std::string line_of(const StoredChoice& choice, const std::string& program) {
  Json tried = Json::array();
  for (const schema::Candidate& one : choice.tried) {
    tried.push_back({{"parameters", json(one.parameters)},
                     {"seconds", one.seconds},
                     {"status", one.status},
                     {"reason", one.reason}});
  }
  const Json line = {{"record", "choice"},
                     {"program", program},
                     {"key", choice.key},
                     {"implementation", choice.implementation},
                     {"tuning", json(choice.tuning)},
                     {"seconds", choice.seconds},
                     {"tried", tried}};
  // Reasons may hold what a compiler said, in any encoding.
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Nothing where the choice is another program's. Throws what the JSON library throws.
std::optional<StoredChoice> choice_of(const std::string& text, const std::string& program) {
  const Json line = Json::parse(text);
  StoredChoice choice;
  if (line.at("record") != "choice") throw std::invalid_argument("no record of a choice");
  choice.key = line.at("key");
  choice.implementation = line.at("implementation");
  choice.tuning = parameters_of(line.at("tuning"));
  choice.seconds = line.at("seconds");
  for (const Json& one : line.at("tried")) {
    choice.tried.push_back({parameters_of(one.at("parameters")), one.at("seconds"),
                            one.at("status"), one.at("reason")});
  }
  if (line.at("program") != program) return {};
  return choice;
}

}  // namespace

TuningFile::TuningFile(std::filesystem::path file, std::string program)
    : file_(std::move(file)), program_(std::move(program)) {
  std::error_code error;
  if (std::filesystem::exists(file_, error)) read();
  std::ofstream out(file_, std::ios::binary | std::ios::app);
  if (!out) {
    throw Error(
        fmt::format("cannot write {} (choices would be lost). Name another file for the tuning.",
                    file_.string()));
  }
}

void TuningFile::read() {
  const auto refuse = [&](std::size_t line) {
    throw schema::BadRecord(
        fmt::format("{}:{}: this is no choice of an implementation (the file is no tuning that "
                    "motley tune wrote). Name another file.",
                    file_.string(), line));
  };
  if (!std::filesystem::is_regular_file(file_)) refuse(1);
  std::ifstream in(file_, std::ios::binary);
  if (!in) {
    throw Error(fmt::format("cannot read {} (its choices are not known). Name another file.",
                            file_.string()));
  }
  constexpr std::size_t most_bytes = 1 << 26;
  const std::string text = schema::whole_file(file_, most_bytes);
  std::size_t begin = 0, number = 1;
  for (std::size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1, ++number) {
    try {
      auto choice = choice_of(text.substr(begin, end - begin), program_);
      if (choice) known_.insert_or_assign(choice->key, std::move(*choice));
    } catch (const std::exception&) {
      refuse(number);
    }
  }
  if (begin == text.size()) return;
  const std::size_t seen = std::min(line_start.size(), text.size() - begin);
  if (text.compare(begin, seen, line_start.substr(0, seen)) != 0) refuse(number);
  std::filesystem::resize_file(file_, begin);
}

const StoredChoice* TuningFile::find(const std::string& key) const {
  const auto found = known_.find(key);
  return found == known_.end() ? nullptr : &found->second;
}

void TuningFile::append(const StoredChoice& choice) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(file_, ignored);
  std::ofstream out(file_, std::ios::binary | std::ios::app);
  out << line_of(choice, program_) << std::flush;
  if (!out) {
    out.close();  // what was written of the line would spoil the next
    if (!ignored) std::filesystem::resize_file(file_, size, ignored);
    throw Error(
        fmt::format("cannot write {} (choices would be lost). Make room, or name another file.",
                    file_.string()));
  }
  known_.insert_or_assign(choice.key, choice);
  ++appended_;
}

std::string short_hash(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char one : text) hash = (hash ^ static_cast<unsigned char>(one)) * 0x100000001b3u;
  return fmt::format("{:016x}", hash);
}

}  // namespace motley::workloads

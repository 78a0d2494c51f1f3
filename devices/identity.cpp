#include "devices/identity.hpp"

#include <fmt/format.h>
#include <map>
#include <set>
#include <string_view>

#include "devices/clusters.hpp"
#include "devices/linux/parse.hpp"

namespace motley::devices {
namespace {

using Pairs = std::map<std::string, std::string>;

std::string text_of(const Pairs& pairs, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const auto found = pairs.find(key);
    if (found != pairs.end() && !found->second.empty()) return found->second;
  }
  return {};
}

void set_if(schema::Facts& facts, const std::string& name, const std::string& value) {
  if (!value.empty()) facts[name] = value;
}

/// Values of /etc/os-release are shell words: FOO="bar".
std::string unquoted(std::string text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

/// getprop needs Android's property service; the files that it starts from need nothing. The first
/// of equal keys wins, so the most specific partition is read first.
Pairs read_properties(const Files& files) {
  Pairs properties;
  for (const char* path :
       {"/odm/etc/build.prop", "/vendor/odm/etc/build.prop", "/vendor/build.prop",
        "/product/etc/build.prop", "/product/build.prop", "/system/build.prop"}) {
    properties.merge(parse_pairs(files.text(path).value_or(""), '='));
  }
  return properties;
}

/// A devicetree string ends in a NUL; a list has one between its strings: the first is the model.
std::string devicetree_string(const Files& files, const std::string& name) {
  std::string text = files.text("/proc/device-tree/" + name).value_or("");
  if (text.empty()) text = files.text("/sys/firmware/devicetree/base/" + name).value_or("");
  return text.substr(0, text.find('\0'));
}

/// Firmware of unbranded boards leaves these in place of a name.
std::string board_string(const Files& files, const std::string& name) {
  const std::string text = files.text("/sys/class/dmi/id/" + name).value_or("");
  for (const char* filler : {"To Be Filled By O.E.M.", "System Product Name", "Default string",
                             "System manufacturer", "Not Specified", "None"}) {
    if (text == filler) return {};
  }
  return text;
}

void add_android(const Pairs& properties, schema::Facts& facts) {
  set_if(facts, "android_release",
         text_of(properties, {"ro.build.version.release", "ro.system.build.version.release",
                              "ro.vendor.build.version.release"}));
  set_if(facts, "android_api",
         text_of(properties, {"ro.build.version.sdk", "ro.system.build.version.sdk",
                              "ro.vendor.build.version.sdk"}));
  set_if(facts, "android_fingerprint",
         text_of(properties, {"ro.build.fingerprint", "ro.vendor.build.fingerprint",
                              "ro.system.build.fingerprint"}));
}

std::string android_model(const Pairs& properties) {
  const std::string market =
      text_of(properties, {"ro.config.marketing_name", "ro.product.marketname",
                           "ro.product.odm.marketname", "ro.product.vendor.marketname"});
  if (!market.empty()) return market;
  const std::string maker =
      text_of(properties, {"ro.product.odm.manufacturer", "ro.product.vendor.manufacturer",
                           "ro.product.manufacturer", "ro.product.system.manufacturer"});
  const std::string model = text_of(properties, {"ro.product.odm.model", "ro.product.vendor.model",
                                                 "ro.product.model", "ro.product.system.model"});
  if (model.empty()) return {};
  return maker.empty() || model.starts_with(maker) ? model : maker + " " + model;
}

void add_soc(const Files& files, const Pairs& properties, schema::Facts& facts) {
  // Documentation/ABI/testing/sysfs-devices-soc
  set_if(facts, "soc_family", files.text("/sys/devices/soc0/family").value_or(""));
  set_if(facts, "soc_id", files.text("/sys/devices/soc0/soc_id").value_or(""));
  set_if(facts, "soc_revision", files.text("/sys/devices/soc0/revision").value_or(""));
  std::string soc = files.text("/sys/devices/soc0/machine").value_or("");
  if (soc.empty()) {
    soc = text_of(properties,
                  {"ro.soc.model", "ro.hardware.chipname", "ro.board.platform", "ro.hardware"});
  }
  if (soc.empty()) {  // old Arm kernels: a line of its own at the end
    for (const Pairs& part : read_cpuinfo(files)) {
      if (part.contains("Hardware")) soc = part.at("Hardware");
    }
  }
  set_if(facts, "soc", soc);
}

/// A guest is told so by CPUID's hypervisor bit, by Xen's folder, or by the clock that it is given.
std::string hypervisor_hint(const Files& files) {
  if (const auto type = files.text("/sys/hypervisor/type")) return *type;
  const std::string clocks =
      files.text("/sys/devices/system/clocksource/clocksource0/available_clocksource").value_or("");
  for (const auto& [clock, name] : {std::pair("kvm-clock", "kvm"), std::pair("hyperv", "hyper-v"),
                                    std::pair("xen", "xen"), std::pair("vmware", "vmware")}) {
    if (clocks.find(clock) != std::string::npos) return name;
  }
  for (const Pairs& core : read_cpuinfo(files)) {
    const auto flags = core.find("flags");
    if (flags == core.end()) continue;
    for (const std::string& flag : split_words(flags->second)) {
      if (flag == "hypervisor") return "yes, of unknown kind";
    }
  }
  return {};
}

std::uint64_t hash(std::string_view text) {  // FNV-1a, 64 bit
  std::uint64_t value = 0xcbf29ce484222325u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return value;
}

std::string fact_text(const schema::Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  if (found == facts.end()) return {};
  const auto* text = std::get_if<std::string>(&found->second);
  return text != nullptr ? *text : std::string();
}

/// MemTotal leaves out what kernel and firmware reserve, which differs by version. Memory comes in
/// sizes of 2^n and 3 x 2^n: the next of those above is what is installed.
std::int64_t installed_mebibytes(std::int64_t total_bytes) {
  const std::int64_t total = total_bytes >> 20;
  std::int64_t size = 1;
  while (size < total && size + size / 2 < total) size *= 2;
  return size >= total ? size : size + size / 2;
}

std::string stable_id(const schema::Device& device) {
  std::string text = device.name;
  for (const char* name : {"soc", "soc_id", "soc_revision", "cores_possible"}) {
    text += "|" + fact_text(device.facts, name);
  }
  // As a set: a core that is unplugged must not change the id unless its whole design is gone.
  std::set<std::string> designs;
  for (const schema::Cluster& cluster : device.clusters) {
    designs.insert(fact_text(cluster.facts, "core_type") + fact_text(cluster.facts, "core_name"));
  }
  for (const std::string& design : designs) text += "|" + design;
  const auto memory = device.facts.find("memory_total_bytes");
  if (memory != device.facts.end()) {
    text += fmt::format("|{} MiB", installed_mebibytes(std::get<std::int64_t>(memory->second)));
  }
  return fmt::format("{:016x}", hash(text));
}

}  // namespace

void add_identity(const Files& files, schema::Device& device) {
  schema::Facts& facts = device.facts;
  const Pairs properties = read_properties(files);
  const Pairs release = parse_pairs(files.text("/etc/os-release").value_or(""), '=');
  add_android(properties, facts);
  add_soc(files, properties, facts);
  std::string os = unquoted(text_of(release, {"PRETTY_NAME", "NAME"}));
  if (os.empty() && facts.contains("android_release")) {
    os = "Android " + fact_text(facts, "android_release");
  }
  set_if(facts, "os", os);
  set_if(facts, "kernel", files.text("/proc/sys/kernel/osrelease").value_or(""));
  set_if(facts, "hypervisor", hypervisor_hint(files));
  const std::string vendor = board_string(files, "sys_vendor");
  const std::string product = board_string(files, "product_name");
  const std::string board = product.empty()  ? vendor
                            : vendor.empty() ? product
                                             : vendor + " " + product;
  device.name = android_model(properties);
  if (device.name.empty()) device.name = devicetree_string(files, "model");
  if (device.name.empty()) device.name = board;
  if (device.name.empty()) device.name = fact_text(facts, "cpu_name");
  if (device.name.empty()) device.name = "unknown device";
  device.id = stable_id(device);
}

}  // namespace motley::devices

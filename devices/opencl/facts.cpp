#include "devices/opencl/facts.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <sstream>

#include "harness/error.hpp"

namespace motley::opencl {
namespace {

std::string trimmed(std::string text) {
  text = text.substr(0, text.find('\0'));
  const std::size_t begin = text.find_first_not_of(" \n\t");
  const std::size_t end = text.find_last_not_of(" \n\t");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

std::set<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::set<std::string> found;
  for (std::string word; stream >> word;) found.insert(word);
  return found;
}

/// Adds what a device answers, under names that hold the unit.
class Collector {
 public:
  Collector(const Questions& ask, schema::Facts& facts) : ask_(ask), facts_(facts) {}

  template <class T>
  void integer(const char* name, cl_device_info what) {
    if (const auto value = ask_.value<T>(what)) facts_[name] = static_cast<std::int64_t>(*value);
  }
  void flag(const char* name, cl_device_info what) {
    if (const auto value = ask_.value<cl_bool>(what)) facts_[name] = *value != CL_FALSE;
  }
  void text(const char* name, cl_device_info what) {
    if (const auto value = ask_.text(what)) facts_[name] = *value;
  }
  template <class T>
  void bits(const char* name, cl_device_info what,
            const std::vector<std::pair<T, const char*>>& meanings) {
    const auto value = ask_.value<T>(what);
    if (!value) return;
    std::vector<std::string> names;
    for (const auto& [bit, meaning] : meanings) {
      if ((*value & bit) != 0) names.emplace_back(meaning);
    }
    facts_[name] = names;
  }

 private:
  const Questions& ask_;
  schema::Facts& facts_;
};

void add_limits(Collector& add) {
  add.integer<cl_uint>("compute_units", CL_DEVICE_MAX_COMPUTE_UNITS);
  add.integer<size_t>("maximum_work_group", CL_DEVICE_MAX_WORK_GROUP_SIZE);
  add.integer<cl_ulong>("global_memory_bytes", CL_DEVICE_GLOBAL_MEM_SIZE);
  add.integer<cl_ulong>("maximum_buffer_bytes", CL_DEVICE_MAX_MEM_ALLOC_SIZE);
  add.integer<cl_ulong>("global_cache_bytes", CL_DEVICE_GLOBAL_MEM_CACHE_SIZE);
  add.integer<cl_uint>("cache_line_bytes", CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE);
  add.integer<cl_ulong>("local_memory_bytes", CL_DEVICE_LOCAL_MEM_SIZE);
  add.integer<cl_ulong>("constant_buffer_bytes", CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE);
  add.integer<size_t>("argument_bytes", CL_DEVICE_MAX_PARAMETER_SIZE);
  add.integer<cl_uint>("address_bits", CL_DEVICE_ADDRESS_BITS);
  add.integer<cl_uint>("base_alignment_bits", CL_DEVICE_MEM_BASE_ADDR_ALIGN);
  add.integer<cl_uint>("preferred_vector_half", CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF);
  add.integer<cl_uint>("preferred_vector_float", CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT);
  add.integer<cl_uint>("preferred_vector_double", CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE);
  add.integer<cl_uint>("native_vector_float", CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT);
  add.integer<cl_uint>("maximum_sub_devices", CL_DEVICE_PARTITION_MAX_SUB_DEVICES);
}

void add_images(const Questions& ask, Collector& add) {
  add.flag("images", CL_DEVICE_IMAGE_SUPPORT);
  if (ask.value<cl_bool>(CL_DEVICE_IMAGE_SUPPORT).value_or(CL_FALSE) == CL_FALSE) return;
  add.integer<size_t>("image2d_maximum_width", CL_DEVICE_IMAGE2D_MAX_WIDTH);
  add.integer<size_t>("image2d_maximum_height", CL_DEVICE_IMAGE2D_MAX_HEIGHT);
  add.integer<size_t>("image_buffer_maximum_pixels", CL_DEVICE_IMAGE_MAX_BUFFER_SIZE);
}

/// Whether dot_4x8packed_ss_int builds: it is a built-in of OpenCL C 3.0 with Khronos' extension
/// (cl_khr_integer_dot_product, "Modifications to the OpenCL C Specification"); vendors' older ones
/// have other names.
void add_dot_products(const Questions& ask, const std::set<std::string>& extensions,
                      schema::Facts& facts) {
  std::vector<std::string> found;
  for (const char* name :
       {"cl_arm_integer_dot_product_accumulate_int8", "cl_arm_integer_dot_product_int8",
        "cl_khr_integer_dot_product", "cl_qcom_dot_product8"}) {
    if (extensions.contains(name)) found.emplace_back(name);
  }
  facts["integer_dot_product"] =
      extensions.contains("cl_khr_integer_dot_product") && language_version(ask) >= 300;
  facts["integer_dot_product_extensions"] = found;
}

void add_abilities(const Questions& ask, int version, const std::set<std::string>& extensions,
                   schema::Facts& facts, Collector& add) {
  facts["fp16"] = extensions.contains("cl_khr_fp16");
  facts["fp64"] = has_fp64_arithmetic(ask, version, extensions);
  add_dot_products(ask, extensions, facts);
  add.flag("unified_memory", CL_DEVICE_HOST_UNIFIED_MEMORY);
  const auto sub_groups =
      version >= 210 ? ask.value<cl_uint>(CL_DEVICE_MAX_NUM_SUB_GROUPS) : std::nullopt;
  facts["sub_groups"] = sub_groups.value_or(0) > 0 || extensions.contains("cl_khr_subgroups") ||
                        extensions.contains("cl_intel_subgroups");
  add.bits<cl_device_svm_capabilities>("svm", CL_DEVICE_SVM_CAPABILITIES,
                                       {{CL_DEVICE_SVM_COARSE_GRAIN_BUFFER, "coarse_buffer"},
                                        {CL_DEVICE_SVM_FINE_GRAIN_BUFFER, "fine_buffer"},
                                        {CL_DEVICE_SVM_FINE_GRAIN_SYSTEM, "fine_system"},
                                        {CL_DEVICE_SVM_ATOMICS, "atomics"}});
  add.bits<cl_device_fp_config>("fp32_config", CL_DEVICE_SINGLE_FP_CONFIG,
                                {{CL_FP_DENORM, "denormals"},
                                 {CL_FP_INF_NAN, "inf_nan"},
                                 {CL_FP_ROUND_TO_NEAREST, "round_to_nearest"},
                                 {CL_FP_FMA, "fma"},
                                 {CL_FP_SOFT_FLOAT, "soft_float"}});
  add.bits<cl_command_queue_properties>("queues", CL_DEVICE_QUEUE_PROPERTIES,
                                        {{CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, "out_of_order"},
                                         {CL_QUEUE_PROFILING_ENABLE, "profiling"}});
  if (const auto type = ask.value<cl_device_local_mem_type>(CL_DEVICE_LOCAL_MEM_TYPE)) {
    facts["local_memory_type"] = std::string(*type == CL_LOCAL ? "local" : "global");
  }
}

/// The clock is what the driver says: 1 MHz on Adreno, 0 on some CPU runtimes.
void add_clocks(const Questions& ask, schema::Facts& facts) {
  if (const auto megahertz = ask.value<cl_uint>(CL_DEVICE_MAX_CLOCK_FREQUENCY)) {
    facts["reported_clock_hertz"] = static_cast<double>(*megahertz) * 1e6;
    if (*megahertz < 10) {
      facts["reported_clock_note"] =
          std::string("the driver does not know it: derive no peak from it");
    }
  }
  if (const auto nanoseconds = ask.value<size_t>(CL_DEVICE_PROFILING_TIMER_RESOLUTION)) {
    facts["timer_resolution_seconds"] = static_cast<double>(*nanoseconds) * 1e-9;
  }
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

/// Where the device sits, so that two equal cards can be told apart.
std::string bus_of(const Questions& ask, const std::set<std::string>& extensions) {
  if (extensions.contains("cl_khr_device_uuid")) {
    struct Uuid {
      unsigned char bytes[CL_UUID_SIZE_KHR];
    };
    if (const auto uuid = ask.value<Uuid>(CL_DEVICE_UUID_KHR)) {
      return "uuid-" + hex(uuid->bytes, CL_UUID_SIZE_KHR);
    }
  }
  if (extensions.contains("cl_khr_pci_bus_info")) {
    using Address = cl_device_pci_bus_info_khr;
    if (const auto pci = ask.value<Address>(CL_DEVICE_PCI_BUS_INFO_KHR)) {
      return fmt::format("pci-{:04x}:{:02x}:{:02x}.{:x}", pci->pci_domain, pci->pci_bus,
                         pci->pci_device, pci->pci_function);
    }
  }
  return {};
}

std::string stable_id(const schema::Facts& facts, const std::string& name) {
  std::string id;
  for (const char* key : {"platform", "name", "vendor", "driver_version", "bus"}) {
    const auto found = facts.find(key);
    const std::string part = key == std::string("name") ? name
                             : found == facts.end()     ? std::string()
                                                        : std::get<std::string>(found->second);
    if (!part.empty()) id += (id.empty() ? "" : " | ") + part;
  }
  return "opencl | " + id;
}

}  // namespace

std::optional<std::string> Questions::text(cl_device_info what) const {
  const std::vector<char> characters = list<char>(what);
  if (characters.empty()) return std::nullopt;
  return trimmed(std::string(characters.begin(), characters.end()));
}

std::string Questions::need_text(cl_device_info what) const {
  size_t bytes = 0;
  check(api_.clGetDeviceInfo(device_, what, 0, nullptr, &bytes), "clGetDeviceInfo");
  std::string text(bytes, '\0');
  check(api_.clGetDeviceInfo(device_, what, bytes, text.data(), nullptr), "clGetDeviceInfo");
  return trimmed(text);
}

int parse_version(const std::string& text) {
  const std::size_t digit = text.find_first_of("0123456789");
  if (digit == std::string::npos || digit + 2 >= text.size() || text[digit + 1] != '.' ||
      std::isdigit(static_cast<unsigned char>(text[digit + 2])) == 0) {
    return 100;
  }
  return (text[digit] - '0') * 100 + (text[digit + 2] - '0') * 10;
}

std::string platform_text(const Api& api, cl_platform_id platform, cl_platform_info what) {
  size_t bytes = 0;
  if (api.clGetPlatformInfo(platform, what, 0, nullptr, &bytes) != CL_SUCCESS) return {};
  std::string text(bytes, '\0');
  if (api.clGetPlatformInfo(platform, what, bytes, text.data(), nullptr) != CL_SUCCESS) return {};
  return trimmed(text);
}

int origin_version(const DeviceOrigin& origin) {
  const Questions ask(origin.api, origin.id);
  const int device = parse_version(ask.text(CL_DEVICE_VERSION).value_or(""));
  const std::string platform = platform_text(origin.api, origin.platform, CL_PLATFORM_VERSION);
  return platform.empty() ? device : std::min(device, parse_version(platform));
}

ProcessorKind kind_of(cl_device_type type) {
  if ((type & CL_DEVICE_TYPE_GPU) != 0) return ProcessorKind::gpu;
  if ((type & CL_DEVICE_TYPE_CPU) != 0) return ProcessorKind::cpu;
  return ProcessorKind::accelerator;
}

/// Devices of OpenCL 3.0 may name 1.2 in CL_DEVICE_OPENCL_C_VERSION: the newest stands in the list.
int language_version(const Questions& ask) {
  int newest = parse_version(ask.text(CL_DEVICE_OPENCL_C_VERSION).value_or(""));
  for (const auto& one : ask.list<cl_name_version>(CL_DEVICE_OPENCL_C_ALL_VERSIONS)) {
    newest = std::max(newest, static_cast<int>(CL_VERSION_MAJOR(one.version) * 100 +
                                               CL_VERSION_MINOR(one.version) * 10));
  }
  return newest;
}

/// In the core since 1.2 for devices that answer; before it, an extension.
bool has_fp64_arithmetic(const Questions& ask, int version,
                         const std::set<std::string>& extensions) {
  if (extensions.contains("cl_khr_fp64")) return true;
  return version >= 120 && ask.value<cl_device_fp_config>(CL_DEVICE_DOUBLE_FP_CONFIG).value_or(0);
}

schema::Processor describe(const Api& api, cl_platform_id platform, cl_device_id device) {
  const Questions ask(api, device);
  schema::Processor processor;
  processor.name = ask.need_text(CL_DEVICE_NAME);
  processor.kind = to_string(kind_of(ask.need<cl_device_type>(CL_DEVICE_TYPE)));
  const int version = parse_version(ask.need_text(CL_DEVICE_VERSION));
  schema::Facts& facts = processor.facts;
  facts["platform"] = platform_text(api, platform, CL_PLATFORM_NAME);
  facts["platform_version"] = platform_text(api, platform, CL_PLATFORM_VERSION);
  Collector add(ask, facts);
  add.text("vendor", CL_DEVICE_VENDOR);
  add.text("driver_version", CL_DRIVER_VERSION);
  add.text("device_version", CL_DEVICE_VERSION);
  add.text("language_version", CL_DEVICE_OPENCL_C_VERSION);
  const std::set<std::string> extensions = words(ask.text(CL_DEVICE_EXTENSIONS).value_or(""));
  facts["extensions"] = std::vector<std::string>(extensions.begin(), extensions.end());
  add_limits(add);
  add_images(ask, add);
  add_abilities(ask, version, extensions, facts, add);
  add_clocks(ask, facts);
  if (const std::string bus = bus_of(ask, extensions); !bus.empty()) facts["bus"] = bus;
  facts["library"] = api.library;
  if (api.emulated) facts["emulated"] = true;
  processor.stable_id = stable_id(facts, processor.name);
  return processor;
}

}  // namespace motley::opencl

#include "devices/opencl/catalogue.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <fmt/format.h>
#include <map>
#include <optional>

#include "devices/cpu/team.hpp"
#include "devices/opencl/api.hpp"
#include "devices/opencl/emulation.hpp"
#include "devices/opencl/facts.hpp"
#include "devices/opencl/faults.hpp"
#include "devices/opencl/library.hpp"
#include "devices/opencl/workers.hpp"
#include "devices/profile.hpp"
#include "devices/topology.hpp"
#include "harness/error.hpp"

namespace motley::opencl {
namespace {

struct Root {
  cl_platform_id platform = nullptr;
  cl_device_id device = nullptr;
  std::exception_ptr failure;  ///< why it cannot be used; empty if it can
  schema::Processor description;
};

/// `opencl:2/1of4` as {2, 1, 4}; {2, 0, 1} without a share.
struct Name {
  std::size_t device = 0, share = 0, shares = 1;
};

std::optional<Name> parse_name(const std::string& id) {
  const std::string prefix = "opencl:";
  if (!id.starts_with(prefix)) return std::nullopt;
  const char* at = id.data() + prefix.size();
  const char* const end = id.data() + id.size();
  const auto number = [&](std::size_t& value) {
    const auto [rest, error] = std::from_chars(at, end, value);
    at = rest;
    return error == std::errc();
  };
  Name name;
  if (!number(name.device)) return std::nullopt;
  if (at == end) return name;
  if (*at++ != '/' || !number(name.share) || !std::string_view(at, end).starts_with("of")) {
    return std::nullopt;
  }
  at += 2;
  if (!number(name.shares) || at != end || name.share >= name.shares || name.shares < 2) {
    return std::nullopt;
  }
  return name;
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::int64_t integer_fact(const schema::Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? 0 : std::get<std::int64_t>(found->second);
}

bool can_be_shared(const Api& api, const Root& root) {
  const auto ways = Questions(api, root.device)
                        .list<cl_device_partition_property>(CL_DEVICE_PARTITION_PROPERTIES);
  return std::find(ways.begin(), ways.end(), CL_DEVICE_PARTITION_EQUALLY) != ways.end() &&
         integer_fact(root.description.facts, "maximum_sub_devices") >= 2;
}

schema::Processor share_of(schema::Processor whole, const Name& name, std::size_t compute_units) {
  const std::string share = fmt::format("{}of{}", name.share, name.shares);
  whole.id += "/" + share;
  whole.stable_id += " | " + share;
  whole.facts["compute_units"] = static_cast<std::int64_t>(compute_units);
  whole.facts["share"] = share;
  // Where each compute unit has a worker of one core (PoCL with POCL_AFFINITY=1), a part's workers
  // are those of its units.
  auto* cores = std::get_if<std::vector<std::string>>(&whole.facts["worker_cores"]);
  if (!cores) {
    whole.facts.erase("worker_cores");
  } else if (cores->size() == name.shares * compute_units &&
             std::all_of(cores->begin(), cores->end(), [](const std::string& one) {
               return one.find_first_not_of("0123456789") == std::string::npos;
             })) {
    const auto begin = cores->begin() + static_cast<std::ptrdiff_t>(name.share * compute_units);
    *cores = std::vector<std::string>(begin, begin + static_cast<std::ptrdiff_t>(compute_units));
  }
  return whole;
}

/// A driver's threads take over the mask of the thread that starts them, which may be pinned as a
/// member of a CPU team: here it may use all allowed cores.
class OpenCores {
 public:
  explicit OpenCores(const std::vector<int>& allowed) : before_(devices::cores_of_this_thread()) {
    devices::try_to_pin_this_thread(allowed);
  }
  ~OpenCores() { devices::try_to_pin_this_thread(before_); }
  OpenCores(const OpenCores&) = delete;
  OpenCores& operator=(const OpenCores&) = delete;

 private:
  std::vector<int> before_;
};

}  // namespace

struct Catalogue::Contents {
  Library library;
  std::string reason;
  std::vector<Root> roots;
  std::vector<schema::Processor> processors;
  std::vector<devices::BrokenProcessor> broken;
  std::vector<std::string> worker_cores;
  std::map<std::pair<cl_device_id, cl_uint>, std::vector<cl_device_id>> parts;

  void load(const std::vector<int>& allowed, const std::vector<int>& online);
  void find_platforms();
  void find_devices(cl_platform_id platform);
  void try_device(cl_platform_id platform, cl_device_id device);
  void list_processors();
  const Root& root_of(const std::string& id, const std::optional<Name>& name) const;
  const std::vector<cl_device_id>& parts_of(const DeviceOrigin& whole, cl_uint units, cl_uint each);
  void take_share(DeviceOrigin& origin, const Name& name);
};

/// Loads the library as the environment says, with what the environment puts in between.
void Catalogue::Contents::load(const std::vector<int>& allowed, const std::vector<int>& online) {
  const std::string faults = environment("MOTLEY_FAULT"), delays = environment("MOTLEY_EMULATE");
  const std::vector<Fault> planned = parse_faults(faults);
  const Delays calibrated = parse_delays(delays);
  for (const auto& [name, value] : devices::environment_before_load(allowed, online)) {
    setenv(name.c_str(), value.c_str(), 0);
  }
  library = load_library(environment("MOTLEY_OPENCL_LIBRARY"));
  reason = library.reason;
  if (!reason.empty()) return;
  if (!delays.empty()) library.api = with_delays(library.api, calibrated);
  if (!faults.empty()) library.api = with_faults(library.api, planned);
}

void Catalogue::Contents::find_platforms() {
  const std::set<int> before = thread_ids();
  cl_uint count = 0;
  cl_int status = library.api.clGetPlatformIDs(0, nullptr, &count);
  std::vector<cl_platform_id> platforms(status == CL_SUCCESS ? count : 0);
  if (!platforms.empty()) {
    status = library.api.clGetPlatformIDs(count, platforms.data(), nullptr);
    check(status, "clGetPlatformIDs");
  }
  if (platforms.empty()) {
    reason = fmt::format(
        "{} has no platforms ({}; no driver is installed for it). Install one, for example "
        "pocl-opencl-icd, and check it with clinfo.",
        library.api.library,
        status == CL_SUCCESS ? "0 platforms" : "clGetPlatformIDs: " + status_name(status));
    return;
  }
  for (const cl_platform_id platform : platforms) find_devices(platform);
  worker_cores = new_threads_cores(before);
}

void Catalogue::Contents::find_devices(cl_platform_id platform) {
  const std::string name = platform_text(library.api, platform, CL_PLATFORM_NAME);
  cl_uint count = 0;
  const Api& api = library.api;
  cl_int status = api.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count);
  std::vector<cl_device_id> devices(status == CL_SUCCESS ? count : 0);
  if (!devices.empty()) {
    status = api.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, devices.data(), nullptr);
  }
  if (status != CL_SUCCESS) {
    broken.push_back({"opencl", name,
                      fmt::format("clGetDeviceIDs failed with {} (the platform has no device that "
                                  "can be used). Check its driver with clinfo.",
                                  status_name(status))});
    return;
  }
  for (const cl_device_id device : devices) try_device(platform, device);
}

/// Describes a device and makes a context and a queue once: some are listed that cannot do that.
void Catalogue::Contents::try_device(cl_platform_id platform, cl_device_id device) {
  Root root{platform, device, {}, {}};
  root.description.id = fmt::format("opencl:{}", roots.size());
  try {
    const std::string id = root.description.id;
    root.description = describe(library.api, platform, device);
    root.description.id = id;
    DeviceOrigin origin{library.api, platform, device, root.description};
    origin.api = limited_to(origin.api, origin_version(origin));
    const Device probe(std::move(origin));
  } catch (const Error& error) {
    root.failure = std::current_exception();
    broken.push_back({root.description.id, root.description.name, error.what()});
  }
  roots.push_back(std::move(root));
}

void Catalogue::Contents::list_processors() {
  for (Root& root : roots) {
    if (root.failure) continue;
    if (root.description.kind == "cpu" && !worker_cores.empty()) {
      root.description.facts["worker_cores"] = worker_cores;
    }
    processors.push_back(root.description);
    const auto units =
        static_cast<std::size_t>(integer_fact(root.description.facts, "compute_units"));
    if (units < 2 || !can_be_shared(library.api, root)) continue;
    for (std::size_t share = 0; share < 2; ++share) {
      processors.push_back(share_of(root.description, {0, share, 2}, units / 2));
    }
  }
  if (!processors.empty() || !reason.empty()) return;
  reason = broken.empty() ? library.api.library +
                                " has platforms without devices (nothing can run). Check the "
                                "driver with clinfo."
                          : broken.front().reason;
}

const Root& Catalogue::Contents::root_of(const std::string& id,
                                         const std::optional<Name>& name) const {
  if (name && roots.empty()) throw Unsupported(id + " is not there: " + reason);
  if (!name || name->device >= roots.size()) {
    std::vector<std::string> known;
    for (const schema::Processor& processor : processors) known.push_back(processor.id);
    throw UnknownName("processor", id, known);
  }
  const Root& root = roots[name->device];
  if (root.failure) std::rethrow_exception(root.failure);
  return root;
}

/// Parts are made once and never released: a driver's thread may let go of a command's event, and
/// look at its device, after clFinish has returned (PoCL 3.1 crashes when a part is gone by then).
const std::vector<cl_device_id>& Catalogue::Contents::parts_of(const DeviceOrigin& whole,
                                                               cl_uint units, cl_uint each) {
  std::vector<cl_device_id>& kept = parts[{whole.id, each}];
  if (!kept.empty()) return kept;
  const cl_device_partition_property equally[] = {
      CL_DEVICE_PARTITION_EQUALLY, static_cast<cl_device_partition_property>(each), 0};
  std::vector<cl_device_id> made(units / each);
  cl_uint count = 0;
  check(whole.api.clCreateSubDevices(whole.id, equally, static_cast<cl_uint>(made.size()),
                                     made.data(), &count),
        "clCreateSubDevices");
  made.resize(std::min<std::size_t>(made.size(), count));
  static auto& reachable = *new std::vector<cl_device_id>;  // so that no checker calls them lost
  reachable.insert(reachable.end(), made.begin(), made.end());
  return kept = std::move(made);
}

/// Replaces the device by one of its equal parts.
void Catalogue::Contents::take_share(DeviceOrigin& origin, const Name& name) {
  const auto units = Questions(origin.api, origin.id).need<cl_uint>(CL_DEVICE_MAX_COMPUTE_UNITS);
  const auto each = static_cast<cl_uint>(units / name.shares);
  if (each == 0) {
    throw Unsupported(
        fmt::format("{} has {} compute units (it cannot be shared by {}). Ask for fewer shares.",
                    origin.description.id, units, name.shares));
  }
  const std::vector<cl_device_id>& made = parts_of(origin, units, each);
  if (name.share >= made.size()) {
    throw DeviceError("clCreateSubDevices", fmt::format("{} parts", made.size()),
                      "Ask for another share.");
  }
  origin.id = made[name.share];
  origin.description = share_of(origin.description, name, each);
}

Catalogue::Catalogue()
    : Catalogue(devices::allowed_cores(devices::Files()), devices::online_cores(devices::Files())) {
}
Catalogue::Catalogue(const std::vector<int>& allowed, const std::vector<int>& online)
    : contents_(std::make_unique<Contents>()) {
  const OpenCores open(allowed);
  contents_->load(allowed, online);
  if (!contents_->reason.empty()) return;
  try {
    contents_->find_platforms();
    contents_->list_processors();
  } catch (const Error& error) {
    contents_->reason = error.what();
  }
}
Catalogue::~Catalogue() = default;
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;

const std::string& Catalogue::reason() const {
  return contents_->reason;
}
const std::vector<schema::Processor>& Catalogue::processors() const {
  return contents_->processors;
}
const std::vector<devices::BrokenProcessor>& Catalogue::broken() const {
  return contents_->broken;
}

std::vector<std::string> Catalogue::default_ids() const {
  std::vector<std::string> ids;
  for (const Root& root : contents_->roots) {
    if (!root.failure) ids.push_back(root.description.id);
  }
  return ids;
}

std::unique_ptr<Processor> Catalogue::open(const std::string& id) {
  const auto name = parse_name(id);
  const Root& root = contents_->root_of(id, name);
  DeviceOrigin origin{contents_->library.api, root.platform, root.device, root.description};
  origin.api = limited_to(origin.api, origin_version(origin));
  if (name->shares > 1) contents_->take_share(origin, *name);
  return std::make_unique<Device>(std::move(origin));
}

}  // namespace motley::opencl

// What the stub's functions do when nothing is wrong. Commands run at once, in the call.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <type_traits>

#include "devices/opencl/stub/stub.hpp"

namespace motley::opencl::stub {
namespace {

std::atomic<long> alive{0};

/// Everything that was made and not released, also by tests that make releasing fail: reachable, so
/// that a leak checker reports what others lose.
struct Registry {
  std::mutex mutex;
  std::set<const Object*> objects;
  std::map<void*, std::string> shared;
};
Registry& registry() {
  static Registry& kept = *new Registry;
  return kept;
}

std::atomic<cl_ulong> clock_nanoseconds{1000};

template <class Handle>
Object& object(Handle handle) {
  return *reinterpret_cast<Object*>(handle);
}

template <class Handle>
Handle make(char kind) {
  return reinterpret_cast<Handle>(new Object(kind));
}

std::string variable(const char* name, const char* otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : text;
}
int version() {
  const std::string text = variable("MOTLEY_STUB_VERSION", "3.0");
  return (text[0] - '0') * 100 + (text[2] - '0') * 10;
}
bool is_cpu() {
  return variable("MOTLEY_STUB_TYPE", "gpu") == "cpu";
}
std::string version_text() {
  return "OpenCL " + std::to_string(version() / 100) + "." + std::to_string(version() / 10 % 10);
}

cl_platform_id the_platform() {
  return reinterpret_cast<cl_platform_id>(std::uintptr_t{0x10});
}
cl_device_id the_device() {
  static Object device('d');
  return reinterpret_cast<cl_device_id>(&device);
}

cl_int answer(const void* value, size_t bytes, size_t room, void* to, size_t* needed) {
  if (needed != nullptr) *needed = bytes;
  if (to == nullptr) return CL_SUCCESS;
  if (room < bytes) return CL_INVALID_VALUE;
  std::memcpy(to, value, bytes);
  return CL_SUCCESS;
}
cl_int answer(const std::string& text, size_t room, void* to, size_t* needed) {
  return answer(text.c_str(), text.size() + 1, room, to, needed);
}
template <class T>
requires std::is_arithmetic_v<T> || std::is_same_v<T, cl_command_queue> cl_int
answer(T value, size_t room, void* to, size_t* needed) {
  return answer(&value, sizeof(T), room, to, needed);
}

void complete(cl_command_queue queue, cl_event* event) {
  if (event == nullptr) return;
  *event = make<cl_event>('e');
  object(*event).time = clock_nanoseconds += 1000;
  object(*event).queue = queue;
}

/// Any function without a behaviour of its own: makes an object if it returns one, an event if it
/// is asked for one, counts references, and succeeds.
template <Entry entry, class Function>
struct Succeed;

template <Entry entry, class Result, class... Arguments>
struct Succeed<entry, Result (*)(Arguments...)> {
  static Result call(Arguments... arguments) {
    const std::string_view name = facts_of(entry).name;
    (..., look_at(name, arguments));
    if constexpr (std::is_same_v<Result, cl_int>) {
      return CL_SUCCESS;
    } else if constexpr (!std::is_void_v<Result>) {
      return name.starts_with("clCreate") || name.starts_with("clClone")
                 ? reinterpret_cast<Result>(new Object(name[8]))
                 : nullptr;
    }
  }
  template <class T>
  static void look_at(std::string_view name, T argument) {
    if constexpr (std::is_same_v<T, cl_event*>) {
      complete(nullptr, argument);
    } else if constexpr (std::is_same_v<T, cl_int*>) {
      if (argument != nullptr) *argument = CL_SUCCESS;
    } else if constexpr (std::is_pointer_v<T> && sizeof...(Arguments) == 1) {
      if (name.starts_with("clRetain")) ++object(argument).references;
      if (name.starts_with("clRelease") && --object(argument).references == 0) {
        delete &object(argument);
      }
    }
  }
};

struct Default {
  template <Entry entry, class Function>
  void visit(Function& function) {
    function = Succeed<entry, Function>::call;
  }
};

cl_int platform_ids(cl_uint room, cl_platform_id* platforms, cl_uint* count) {
  if (platforms != nullptr && room > 0) platforms[0] = the_platform();
  if (count != nullptr) *count = 1;
  return CL_SUCCESS;
}

cl_int platform_info(cl_platform_id, cl_platform_info what, size_t room, void* to, size_t* needed) {
  return answer(what == CL_PLATFORM_VERSION ? version_text() + " stub" : std::string("Stub"), room,
                to, needed);
}

cl_int device_ids(cl_platform_id, cl_device_type, cl_uint room, cl_device_id* devices,
                  cl_uint* count) {
  const bool none = variable("MOTLEY_STUB_DEVICES", "1") == "0";
  if (count != nullptr) *count = none ? 0 : 1;
  if (none) return CL_DEVICE_NOT_FOUND;
  if (devices != nullptr && room > 0) devices[0] = the_device();
  return CL_SUCCESS;
}

cl_int device_sizes(cl_device_info what, size_t room, void* to, size_t* needed) {
  switch (what) {
    case CL_DEVICE_TYPE:
      return answer<cl_device_type>(is_cpu() ? CL_DEVICE_TYPE_CPU : CL_DEVICE_TYPE_GPU, room, to,
                                    needed);
    case CL_DEVICE_MAX_COMPUTE_UNITS:
    case CL_DEVICE_PARTITION_MAX_SUB_DEVICES:
      return answer(cl_uint{4}, room, to, needed);
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
      return answer(size_t{256}, room, to, needed);
    case CL_DEVICE_GLOBAL_MEM_SIZE:
      return answer(cl_ulong{1} << (is_cpu() ? 50 : 30), room, to, needed);
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
      return answer(cl_ulong{1} << 28, room, to, needed);
    case CL_DEVICE_IMAGE2D_MAX_WIDTH:
    case CL_DEVICE_IMAGE2D_MAX_HEIGHT:
      return answer(size_t{4096}, room, to, needed);
    case CL_DEVICE_MAX_CLOCK_FREQUENCY:
      return answer(cl_uint{1}, room, to, needed);
    case CL_DEVICE_PROFILING_TIMER_RESOLUTION:
      return answer(size_t{52}, room, to, needed);
    case CL_DEVICE_QUEUE_PROPERTIES:
      return answer(cl_command_queue_properties{CL_QUEUE_PROFILING_ENABLE |
                                                CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE},
                    room, to, needed);
    case CL_DEVICE_PARTITION_PROPERTIES:
      return answer(cl_device_partition_property{CL_DEVICE_PARTITION_EQUALLY}, room, to, needed);
    default:
      return CL_INVALID_VALUE;
  }
}

cl_int device_info(cl_device_id, cl_device_info what, size_t room, void* to, size_t* needed) {
  switch (what) {
    case CL_DEVICE_NAME:
      return answer("Stub GPU", room, to, needed);
    case CL_DEVICE_VENDOR:
      return answer("Nobody", room, to, needed);
    case CL_DEVICE_VERSION:
      return answer(version_text() + " stub", room, to, needed);
    case CL_DEVICE_OPENCL_C_VERSION:
      return answer("OpenCL C 1.2 ", room, to, needed);
    case CL_DRIVER_VERSION:
      return answer("0.1", room, to, needed);
    case CL_DEVICE_EXTENSIONS:
      return answer(variable("MOTLEY_STUB_EXTENSIONS", "cl_khr_byte_addressable_store"), room, to,
                    needed);
    case CL_DEVICE_OPENCL_C_ALL_VERSIONS: {
      if (version() < 300) return CL_INVALID_VALUE;
      const bool newest = variable("MOTLEY_STUB_LANGUAGE", "1.2") == "3.0";
      const cl_version number = newest ? CL_MAKE_VERSION(3, 0, 0) : CL_MAKE_VERSION(1, 2, 0);
      const cl_name_version language{number, "OpenCL C"};
      return answer(&language, sizeof(language), room, to, needed);
    }
    case CL_DEVICE_SVM_CAPABILITIES:
      return answer(cl_device_svm_capabilities{CL_DEVICE_SVM_COARSE_GRAIN_BUFFER}, room, to,
                    needed);
    case CL_DEVICE_IMAGE_SUPPORT:
      return answer(cl_bool{variable("MOTLEY_STUB_IMAGES", "0") == "1"}, room, to, needed);
    default:
      return device_sizes(what, room, to, needed);
  }
}

cl_int sub_devices(cl_device_id, const cl_device_partition_property* how, cl_uint room,
                   cl_device_id* parts, cl_uint* count) {
  const auto made = static_cast<cl_uint>(4 / how[1]);
  if (count != nullptr) *count = made;
  for (cl_uint i = 0; parts != nullptr && i < std::min(made, room); ++i) {
    parts[i] = make<cl_device_id>('s');
    --alive;  // as the device itself, not among what has to be released
  }
  return CL_SUCCESS;
}

cl_mem create_buffer(cl_context, cl_mem_flags, size_t bytes, void*, cl_int* status) {
  const auto memory = make<cl_mem>('m');
  object(memory).bytes.resize(bytes);
  if (status != nullptr) *status = CL_SUCCESS;
  return memory;
}

cl_int write_buffer(cl_command_queue queue, cl_mem to, cl_bool, size_t offset, size_t bytes,
                    const void* from, cl_uint, const cl_event*, cl_event* event) {
  std::memcpy(object(to).bytes.data() + offset, from, bytes);
  complete(queue, event);
  return CL_SUCCESS;
}

cl_int read_buffer(cl_command_queue queue, cl_mem from, cl_bool, size_t offset, size_t bytes,
                   void* to, cl_uint, const cl_event*, cl_event* event) {
  std::memcpy(to, object(from).bytes.data() + offset, bytes);
  complete(queue, event);
  return CL_SUCCESS;
}

cl_int copy_buffer(cl_command_queue queue, cl_mem from, cl_mem to, size_t at, size_t to_at,
                   size_t bytes, cl_uint, const cl_event*, cl_event* event) {
  std::memcpy(object(to).bytes.data() + to_at, object(from).bytes.data() + at, bytes);
  complete(queue, event);
  return CL_SUCCESS;
}

void fill(void* to, const void* pattern, size_t pattern_bytes, size_t bytes) {
  for (size_t i = 0; i < bytes; i += pattern_bytes) {
    std::memcpy(static_cast<char*>(to) + i, pattern, pattern_bytes);
  }
}
cl_int fill_buffer(cl_command_queue queue, cl_mem to, const void* pattern, size_t pattern_bytes,
                   size_t offset, size_t bytes, cl_uint, const cl_event*, cl_event* event) {
  fill(object(to).bytes.data() + offset, pattern, pattern_bytes, bytes);
  complete(queue, event);
  return CL_SUCCESS;
}

constexpr size_t texel_bytes = 16;

cl_mem create_image(cl_context context, cl_mem_flags flags, const cl_image_format*,
                    const cl_image_desc* description, void* host, cl_int* status) {
  const size_t row_bytes = description->image_width * texel_bytes;
  const cl_mem image =
      create_buffer(context, flags, row_bytes * description->image_height, host, status);
  object(image).row_bytes = row_bytes;
  return image;
}

/// Of whole rows.
struct Piece {
  char* begin;
  size_t bytes;
};
Piece piece(cl_mem image, const size_t* origin, const size_t* region) {
  Object& own = object(image);
  return {own.bytes.data() + origin[1] * own.row_bytes, region[1] * own.row_bytes};
}

cl_int write_image(cl_command_queue queue, cl_mem to, cl_bool, const size_t* origin,
                   const size_t* region, size_t, size_t, const void* from, cl_uint, const cl_event*,
                   cl_event* event) {
  const Piece target = piece(to, origin, region);
  std::memcpy(target.begin, from, target.bytes);
  complete(queue, event);
  return CL_SUCCESS;
}

cl_int read_image(cl_command_queue queue, cl_mem from, cl_bool, const size_t* origin,
                  const size_t* region, size_t, size_t, void* to, cl_uint, const cl_event*,
                  cl_event* event) {
  const Piece source = piece(from, origin, region);
  std::memcpy(to, source.begin, source.bytes);
  complete(queue, event);
  return CL_SUCCESS;
}

cl_int copy_image(cl_command_queue queue, cl_mem from, cl_mem to, const size_t* origin,
                  const size_t* to_origin, const size_t* region, cl_uint, const cl_event*,
                  cl_event* event) {
  const Piece source = piece(from, origin, region);
  std::memcpy(piece(to, to_origin, region).begin, source.begin, source.bytes);
  complete(queue, event);
  return CL_SUCCESS;
}

cl_int fill_image(cl_command_queue queue, cl_mem to, const void* color, const size_t* origin,
                  const size_t* region, cl_uint, const cl_event*, cl_event* event) {
  const Piece target = piece(to, origin, region);
  fill(target.begin, color, texel_bytes, target.bytes);
  complete(queue, event);
  return CL_SUCCESS;
}

void* map_buffer(cl_command_queue queue, cl_mem memory, cl_bool, cl_map_flags, size_t offset,
                 size_t, cl_uint, const cl_event*, cl_event* event, cl_int* status) {
  complete(queue, event);
  if (status != nullptr) *status = CL_SUCCESS;
  return object(memory).bytes.data() + offset;
}

void* svm_alloc(cl_context, cl_svm_mem_flags, size_t bytes, cl_uint) {
  ++alive;
  std::string content(bytes + 64, '\0');  // long enough never to live inside the object itself
  void* const address = content.data();
  const std::scoped_lock lock(registry().mutex);
  return registry().shared.emplace(address, std::move(content)).first->first;
}
void svm_free(cl_context, void* address) {
  --alive;
  const std::scoped_lock lock(registry().mutex);
  registry().shared.erase(address);
}
cl_int svm_copy(cl_command_queue queue, cl_bool, void* to, const void* from, size_t bytes, cl_uint,
                const cl_event*, cl_event* event) {
  std::memcpy(to, from, bytes);
  complete(queue, event);
  return CL_SUCCESS;
}
cl_int svm_fill(cl_command_queue queue, void* to, const void* pattern, size_t pattern_bytes,
                size_t bytes, cl_uint, const cl_event*, cl_event* event) {
  fill(to, pattern, pattern_bytes, bytes);
  complete(queue, event);
  return CL_SUCCESS;
}

cl_int build_info(cl_program, cl_device_id, cl_program_build_info, size_t room, void* to,
                  size_t* needed) {
  return answer("the stub's build log\n", room, to, needed);
}
cl_int work_group_info(cl_kernel, cl_device_id, cl_kernel_work_group_info, size_t room, void* to,
                       size_t* needed) {
  return answer(size_t{64}, room, to, needed);
}

cl_int event_info(cl_event event, cl_event_info what, size_t room, void* to, size_t* needed) {
  if (what == CL_EVENT_COMMAND_QUEUE) return answer(object(event).queue, room, to, needed);
  return answer(cl_int{object(event).status}, room, to, needed);
}
cl_int profiling_info(cl_event event, cl_profiling_info what, size_t room, void* to,
                      size_t* needed) {
  const cl_ulong phase = what - CL_PROFILING_COMMAND_QUEUED;
  return answer(cl_ulong{object(event).time + 10 * phase}, room, to, needed);
}
cl_int set_callback(cl_event event, cl_int, void(CL_CALLBACK* callback)(cl_event, cl_int, void*),
                    void* data) {
  callback(event, CL_COMPLETE, data);
  return CL_SUCCESS;
}

}  // namespace

Object::Object(char kind_of_object) : kind(kind_of_object) {
  ++alive;
  const std::scoped_lock lock(registry().mutex);
  registry().objects.insert(this);
}
Object::~Object() {
  --alive;
  const std::scoped_lock lock(registry().mutex);
  registry().objects.erase(this);
}
long alive_objects() {
  return alive;
}

Api behaviour() {
  the_device();  // is not among the objects that somebody has to release
  alive = 0;
  Api api;
  for_each_entry(api, Default{});
  api.clGetPlatformIDs = platform_ids;
  api.clGetPlatformInfo = platform_info;
  api.clGetDeviceIDs = device_ids;
  api.clGetDeviceInfo = device_info;
  api.clCreateSubDevices = sub_devices;
  api.clCreateBuffer = create_buffer;
  api.clEnqueueWriteBuffer = write_buffer;
  api.clEnqueueReadBuffer = read_buffer;
  api.clEnqueueCopyBuffer = copy_buffer;
  api.clEnqueueFillBuffer = fill_buffer;
  api.clCreateImage = create_image;
  api.clEnqueueWriteImage = write_image;
  api.clEnqueueReadImage = read_image;
  api.clEnqueueCopyImage = copy_image;
  api.clEnqueueFillImage = fill_image;
  api.clEnqueueMapBuffer = map_buffer;
  api.clSVMAlloc = svm_alloc;
  api.clSVMFree = svm_free;
  api.clEnqueueSVMMemcpy = svm_copy;
  api.clEnqueueSVMMemFill = svm_fill;
  api.clGetProgramBuildInfo = build_info;
  api.clGetKernelWorkGroupInfo = work_group_info;
  api.clGetEventInfo = event_info;
  api.clGetEventProfilingInfo = profiling_info;
  api.clSetEventCallback = set_callback;
  return api;
}

}  // namespace motley::opencl::stub

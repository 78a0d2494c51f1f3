#include "devices/opencl/allocations.hpp"

#include <mutex>

namespace motley::opencl {
namespace {

struct Object {
  cl_context context;
  std::size_t bytes;
  unsigned references;
};

struct Counted {
  std::mutex mutex;
  std::map<cl_context, Api> drivers;  ///< as they were before
  std::map<const void*, Object> objects;
};

Counted& counted() {
  static auto& state = *new Counted;  // drivers release memory while the process ends
  return state;
}

const Api& driver_of(cl_context context) {
  const std::scoped_lock lock(counted().mutex);
  return counted().drivers.at(context);
}

/// The table that an object was made with; null: by none of ours.
const Api* driver_of(const void* object) {
  const std::scoped_lock lock(counted().mutex);
  const auto found = counted().objects.find(object);
  return found == counted().objects.end() ? nullptr : &counted().drivers.at(found->second.context);
}

template <class Pointer>
Pointer made(Pointer object, cl_context context, std::size_t bytes) {
  if (object == nullptr) return object;
  const std::scoped_lock lock(counted().mutex);
  counted().objects[object] = {context, bytes, 1};
  return object;
}

void change_references(const void* object, int change) {
  const std::scoped_lock lock(counted().mutex);
  const auto found = counted().objects.find(object);
  if (found == counted().objects.end()) return;
  found->second.references += static_cast<unsigned>(change);
  if (found->second.references == 0) counted().objects.erase(found);
}

cl_mem create_buffer(cl_context context, cl_mem_flags flags, size_t bytes, void* host,
                     cl_int* status) {
  const Api& driver = driver_of(context);
  return made(driver.clCreateBuffer(context, flags, bytes, host, status), context, bytes);
}

cl_mem create_buffer_with_properties(cl_context context, const cl_mem_properties* properties,
                                     cl_mem_flags flags, size_t bytes, void* host, cl_int* status) {
  const Api& driver = driver_of(context);
  return made(driver.clCreateBufferWithProperties(context, properties, flags, bytes, host, status),
              context, bytes);
}

/// Its bytes are its parent's.
cl_mem create_sub_buffer(cl_mem parent, cl_mem_flags flags, cl_buffer_create_type type,
                         const void* region, cl_int* status) {
  const Api* const driver = driver_of(static_cast<const void*>(parent));
  if (driver == nullptr) {
    if (status != nullptr) *status = CL_INVALID_MEM_OBJECT;
    return nullptr;
  }
  cl_context context = nullptr;
  {
    const std::scoped_lock lock(counted().mutex);
    context = counted().objects.at(parent).context;
  }
  return made(driver->clCreateSubBuffer(parent, flags, type, region, status), context, 0);
}

/// An image that another object's memory is has none of its own.
cl_mem count_image(const Api& driver, cl_mem image, cl_context context,
                   const cl_image_desc* description) {
  size_t bytes = 0;
  if (image != nullptr && description != nullptr && description->buffer == nullptr) {
    const cl_int status =
        driver.clGetMemObjectInfo(image, CL_MEM_SIZE, sizeof(bytes), &bytes, nullptr);
    if (status != CL_SUCCESS) bytes = 0;
  }
  return made(image, context, bytes);
}

cl_mem create_image(cl_context context, cl_mem_flags flags, const cl_image_format* format,
                    const cl_image_desc* description, void* host, cl_int* status) {
  const Api& driver = driver_of(context);
  return count_image(driver,
                     driver.clCreateImage(context, flags, format, description, host, status),
                     context, description);
}

cl_mem create_image_with_properties(cl_context context, const cl_mem_properties* properties,
                                    cl_mem_flags flags, const cl_image_format* format,
                                    const cl_image_desc* description, void* host, cl_int* status) {
  const Api& driver = driver_of(context);
  const cl_mem image = driver.clCreateImageWithProperties(context, properties, flags, format,
                                                          description, host, status);
  return count_image(driver, image, context, description);
}

cl_int retain(cl_mem object) {
  const Api* const driver = driver_of(static_cast<const void*>(object));
  if (driver == nullptr) return CL_INVALID_MEM_OBJECT;
  const cl_int status = driver->clRetainMemObject(object);
  if (status == CL_SUCCESS) change_references(object, 1);
  return status;
}

/// Forgotten before it is gone: another thread may be given the address at once.
cl_int release(cl_mem object) {
  const Api* const driver = driver_of(static_cast<const void*>(object));
  if (driver == nullptr) return CL_INVALID_MEM_OBJECT;
  change_references(object, -1);
  return driver->clReleaseMemObject(object);
}

void* allocate_shared(cl_context context, cl_svm_mem_flags flags, size_t bytes, cl_uint alignment) {
  const Api& driver = driver_of(context);
  return made(driver.clSVMAlloc(context, flags, bytes, alignment), context, bytes);
}

void free_shared(cl_context context, void* address) {
  change_references(address, -1);
  driver_of(context).clSVMFree(context, address);
}

}  // namespace

Api with_counts(Api api, cl_context context) {
  {
    const std::scoped_lock lock(counted().mutex);
    // A released context's address may come again.
    std::erase_if(counted().objects,
                  [&](const auto& entry) { return entry.second.context == context; });
    counted().drivers[context] = api;
  }
  // What is missing goes on saying so.
  const auto count = [&](auto& entry, auto counting, const char* name) {
    if (api.has(name)) entry = counting;
  };
  count(api.clCreateBuffer, create_buffer, "clCreateBuffer");
  count(api.clCreateBufferWithProperties, create_buffer_with_properties,
        "clCreateBufferWithProperties");
  count(api.clCreateSubBuffer, create_sub_buffer, "clCreateSubBuffer");
  count(api.clCreateImage, create_image, "clCreateImage");
  count(api.clCreateImageWithProperties, create_image_with_properties,
        "clCreateImageWithProperties");
  count(api.clRetainMemObject, retain, "clRetainMemObject");
  count(api.clReleaseMemObject, release, "clReleaseMemObject");
  count(api.clSVMAlloc, allocate_shared, "clSVMAlloc");
  count(api.clSVMFree, free_shared, "clSVMFree");
  return api;
}

std::size_t live_bytes(cl_context context) {
  const std::scoped_lock lock(counted().mutex);
  std::size_t bytes = 0;
  for (const auto& [address, object] : counted().objects) {
    if (object.context == context) bytes += object.bytes;
  }
  return bytes;
}

}  // namespace motley::opencl

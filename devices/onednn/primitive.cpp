#include "devices/onednn/primitive.hpp"

#include <algorithm>
#include <utility>

#include "devices/onednn/threads.hpp"

namespace motley::onednn {
namespace {

/// Calls create(&object, arguments...), which `call` names.
template <class T, class Create, class... Arguments>
Owned<T> owned(const char* call, dnnl_status_t (*destroy)(T*), Create create,
               Arguments... arguments) {
  T* object = nullptr;
  library().api.check(create(&object, arguments...), call);
  return {object, destroy};
}

Owned<dnnl_primitive> primitive_of(const Description& description) {
  const Api& api = library().api;
  return owned("dnnl_primitive_create", api.dnnl_primitive_destroy, api.dnnl_primitive_create,
               const_dnnl_primitive_desc_t(description.get()));
}

/// Memory whose address comes later (null is DNNL_MEMORY_NONE).
Owned<dnnl_memory> memory_of(const Format& format) {
  const Api& api = library().api;
  return owned("dnnl_memory_create", api.dnnl_memory_destroy, api.dnnl_memory_create, &format,
               library().engine, static_cast<void*>(nullptr));
}

Owned<dnnl_primitive> reordering(const Format& from, const Format& to) {
  const Api& api = library().api;
  return primitive_of(owned("dnnl_reorder_primitive_desc_create", api.dnnl_primitive_desc_destroy,
                            api.dnnl_reorder_primitive_desc_create, &from, library().engine, &to,
                            library().engine, const_dnnl_primitive_attr_t(nullptr)));
}

/// One tensor of a primitive. `reorder` is null where the primitive takes it as it lies; then
/// `taken` is too.
struct Place {
  int argument;
  Owned<dnnl_memory> plain, taken;
  Owned<dnnl_primitive> reorder;
  std::size_t taken_bytes = 0, offset = 0;  ///< in the workspace
  bool constant = false;
};

std::size_t aligned(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

class Prepared final : public Operation {
 public:
  Prepared(std::vector<int> cores, const Description& description, const std::vector<Role>& roles)
      : cores_(std::move(cores)),
        primitive_(primitive_of(description)),
        stream_(owned("dnnl_stream_create", library().api.dnnl_stream_destroy,
                      library().api.dnnl_stream_create, library().engine,
                      unsigned(dnnl_stream_default_flags))),
        scratchpad_(memory_of(*format(description, dnnl_query_scratchpad_md, 0))) {
    const Api& api = library().api;
    bytes_ = aligned(api.dnnl_memory_desc_get_size(
        format(description, dnnl_query_scratchpad_md, 0)));  // it lies at the workspace's begin
    for (const Role& role : roles) add(description, role, &role == &roles.back());
    for (const Place& place : places_) {
      arguments_.push_back({place.argument, (place.reorder ? place.taken : place.plain).get()});
    }
    arguments_.push_back({DNNL_ARG_SCRATCHPAD, scratchpad_.get()});
  }

  std::size_t workspace_bytes() const override { return std::max<std::size_t>(bytes_, 64); }
  std::size_t kept_bytes() const override {
    for (const Place& place : places_) {
      if (place.constant && place.reorder) return place.taken_bytes;
    }
    return 0;
  }

  void pack(const float* constant, std::byte* kept) override {
    run_on(library().openmp, cores_, [&] {
      for (const Place& place : places_) {
        if (!place.constant || !place.reorder) continue;
        set(place.plain, constant);
        set(place.taken, kept);
        reorder(place, place.plain.get(), place.taken.get());
      }
    });
  }

  void run(const Memory& memory) override {
    run_on(library().openmp, cores_, [&] { compute(memory); });
  }

 private:
  static const Format* format(const Description& description, dnnl_query_t what, int argument) {
    return library().api.dnnl_primitive_desc_query_md(description.get(), what, argument);
  }

  void add(const Description& description, const Role& role, bool output) {
    const Api& api = library().api;
    const Format plain = format_of(*role.tensor, false);
    const Format* taken = format(description, dnnl_query_exec_arg_md, role.argument);
    Place place{role.argument,
                memory_of(plain),
                {nullptr, api.dnnl_memory_destroy},
                {nullptr, api.dnnl_primitive_destroy}};
    place.constant = role.constant;
    if (api.dnnl_memory_desc_equal(&plain, taken) == 0) {
      place.taken = memory_of(*taken);
      place.reorder = output ? reordering(*taken, plain) : reordering(plain, *taken);
      place.taken_bytes = api.dnnl_memory_desc_get_size(taken);
      if (!place.constant) {
        place.offset = bytes_;
        bytes_ += aligned(place.taken_bytes);
      }
    }
    places_.push_back(std::move(place));
  }

  void compute(const Memory& memory) {
    set(scratchpad_, memory.workspace);
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Place& place = places_[i];
      const bool output = i + 1 == places_.size();
      set(place.plain, output ? memory.output : memory.inputs[i]);
      if (!place.reorder) continue;
      set(place.taken, place.constant ? memory.kept : memory.workspace + place.offset);
      if (!place.constant && !output) reorder(place, place.plain.get(), place.taken.get());
    }
    execute(primitive_, arguments_);
    if (const Place& last = places_.back(); last.reorder) {
      reorder(last, last.taken.get(), last.plain.get());
    }
  }

  static void set(const Owned<dnnl_memory>& memory, const void* address) {
    library().api.check(
        library().api.dnnl_memory_set_data_handle(memory.get(), const_cast<void*>(address)),
        "dnnl_memory_set_data_handle");
  }
  void reorder(const Place& place, dnnl_memory_t from, dnnl_memory_t to) {
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    execute(place.reorder, arguments);
  }
  /// Streams of a CPU have computed everything when the call returns.
  void execute(const Owned<dnnl_primitive>& primitive, std::span<const dnnl_exec_arg_t> arguments) {
    library().api.check(
        library().api.dnnl_primitive_execute(primitive.get(), stream_.get(), int(arguments.size()),
                                             arguments.data()),
        "dnnl_primitive_execute");
  }

  std::vector<int> cores_;
  Owned<dnnl_primitive> primitive_;
  Owned<dnnl_stream> stream_;
  Owned<dnnl_memory> scratchpad_;
  std::vector<Place> places_;
  std::vector<dnnl_exec_arg_t> arguments_;
  std::size_t bytes_ = 0;
};

}  // namespace

Format format_of(const Tensor& tensor, bool any) {
  const Api& api = library().api;
  Format format;
  const auto axes = int(tensor.sizes.size());
  if (any) {
    api.check(api.dnnl_memory_desc_init_by_tag(&format, axes, tensor.sizes.data(), dnnl_f32,
                                               dnnl_format_tag_any),
              "dnnl_memory_desc_init_by_tag");
  } else {
    api.check(api.dnnl_memory_desc_init_by_strides(&format, axes, tensor.sizes.data(), dnnl_f32,
                                                   tensor.strides.data()),
              "dnnl_memory_desc_init_by_strides");
  }
  return format;
}

Attributes attributes_with(Clip clip) {
  const Api& api = library().api;
  Attributes attributes = owned("dnnl_primitive_attr_create", api.dnnl_primitive_attr_destroy,
                                api.dnnl_primitive_attr_create);
  api.check(
      api.dnnl_primitive_attr_set_scratchpad_mode(attributes.get(), dnnl_scratchpad_mode_user),
      "dnnl_primitive_attr_set_scratchpad_mode");
  if (clip == Clip::none) return attributes;
  const auto after =
      owned("dnnl_post_ops_create", api.dnnl_post_ops_destroy, api.dnnl_post_ops_create);
  const bool both = clip == Clip::below_zero_and_above_six;
  api.check(api.dnnl_post_ops_append_eltwise(
                after.get(), 1, both ? dnnl_eltwise_clip : dnnl_eltwise_relu, 0, both ? 6 : 0),
            "dnnl_post_ops_append_eltwise");
  api.check(api.dnnl_primitive_attr_set_post_ops(attributes.get(), after.get()),
            "dnnl_primitive_attr_set_post_ops");
  return attributes;
}

Description description_of(const_dnnl_op_desc_t operation, const Attributes& attributes,
                           const_dnnl_primitive_desc_t forward) {
  const Api& api = library().api;
  return owned("dnnl_primitive_desc_create", api.dnnl_primitive_desc_destroy,
               api.dnnl_primitive_desc_create, operation,
               const_dnnl_primitive_attr_t(attributes.get()), library().engine, forward);
}

std::unique_ptr<Operation> prepared_operation(std::vector<int> cores,
                                              const Description& description,
                                              const std::vector<Role>& roles) {
  return std::make_unique<Prepared>(std::move(cores), description, roles);
}

}  // namespace motley::onednn

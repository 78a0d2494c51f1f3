#include "harness/tenants/tenant.hpp"

#include "harness/named.hpp"
#include "harness/random.hpp"
#include "harness/scenarios/trace.hpp"

namespace motley::tenants {
namespace {

constexpr std::uint64_t tenant_stream = 1 << 4;  // of seeds; those of one tenant's gaps are its own

Arrivals from_file(const Spec& spec) {
  return replay(trace_times(spec.text("file")), spec.number("speed"));
}

ArrivalKind kind(std::string name, std::string summary, std::vector<SpecParameter> own,
                 std::function<Arrivals(const Spec&, std::uint64_t)> make) {
  const bool frames = name == "periodic";
  own.push_back(
      {"deadline_seconds",
       frames ? "From arrival to answer, 0: the period" : "From arrival to answer, 0: none", 0.0, 0,
       1e6});
  own.push_back({"weight", "Of its progress, what is fair", 1.0, 1e-3, 1e3});
  return {std::move(name), std::move(summary), std::move(own), std::move(make)};
}

std::vector<ArrivalKind> make_kinds() {
  const SpecParameter rate{"rate", "Queries a second", 10.0, 1e-4, 1e6};
  return {
      kind("stream", "The next when the last is answered", {},
           [](const Spec&, std::uint64_t) { return Arrivals(); }),
      kind("periodic", "Frames at a fixed rate",
           {{"period_seconds", "From release to release", 1.0 / 30, 1e-5, 1e5}},
           [](const Spec& spec, std::uint64_t) { return periodic(spec.number("period_seconds")); }),
      kind("poisson", "At random, independent times", {rate},
           [](const Spec& spec, std::uint64_t seed) {
             return renewals(seed, 1, constant_rate(spec.number("rate")));
           }),
      kind("gamma", "At gamma gaps: bursty above cv 1, regular below",
           {rate, {"cv", "Coefficient of variation of the gaps", 2.0, 0.05, 20}},
           [](const Spec& spec, std::uint64_t seed) {
             return renewals(seed, spec.number("cv"), constant_rate(spec.number("rate")));
           }),
      kind("burst", "Several at once, again and again",
           {{"size", "Queries of a burst", std::int64_t{8}, 1, 1e6},
            {"period_seconds", "From burst to burst", 1.0, 1e-4, 1e5}},
           [](const Spec& spec, std::uint64_t) {
             return bursts(spec.integer("size"), spec.number("period_seconds"));
           }),
      kind("trace", "At the times of a file",
           {trace_parameter(), {"speed", "So many times as fast", 1.0, 1e-6, 1e6}},
           [](const Spec& spec, std::uint64_t) { return from_file(spec); }),
  };
}

const ArrivalKind& find_kind(const std::string& name) {
  return find_named("way to arrive", name, arrival_kinds());
}

}  // namespace

const std::vector<ArrivalKind>& arrival_kinds() {
  static const std::vector<ArrivalKind> all = make_kinds();
  return all;
}

Spec arrival_spec(const std::string& text) {
  const auto [name, values] = split_spec(text);
  return Spec(name, values, find_kind(name).parameters);
}

Tenant make_tenant(const std::string& name, const Spec& arrivals, std::uint64_t seed,
                   std::size_t place) {
  Tenant tenant;
  tenant.name = name;
  tenant.arrivals =
      find_kind(arrivals.name()).make(arrivals, random_bits(seed, tenant_stream, place));
  tenant.weight = arrivals.number("weight");
  const double deadline = arrivals.number("deadline_seconds");
  if (deadline > 0) {
    tenant.deadline_seconds = deadline;
  } else if (arrivals.name() == "periodic") {
    tenant.deadline_seconds = arrivals.number("period_seconds");
  }
  return tenant;
}

}  // namespace motley::tenants

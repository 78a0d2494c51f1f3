#include "harness/cli/mix_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cli/network_request.hpp"
#include "harness/cli/overlap.hpp"
#include "harness/error.hpp"
#include "harness/resources.hpp"
#include "harness/scenario.hpp"

namespace motley::cli {
namespace {

MixTenant tenant_from(const std::string& text) {
  const std::size_t at = text.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) {
    throw BadArgument("cannot read \"" + text +
                      "\" (a tenant is a model and when its queries arrive). Write MODEL@stream, "
                      "or MODEL@poisson:rate=40 (motley list --schedulers).");
  }
  return {text.substr(0, at), tenants::arrival_spec(text.substr(at + 1))};
}

/// All that decides what happens, but tenants and workers: as it keys records.
std::string scenario_of(const MixRequest& request) {
  const std::string text = request.scheduler.canonical();
  const std::size_t colon = text.find(':');
  std::string scenario =
      fmt::format("mix:{}scheduler={},seconds={}", request.limits.drop_late ? "drop=1," : "",
                  request.scheduler.name(), request.limits.seconds);
  if (colon != std::string::npos) scenario += "," + text.substr(colon + 1);
  return scenario_spec(scenario).canonical();
}

}  // namespace

std::string MixRequest::processors() const {
  std::string all;
  for (const schema::Processor& one : workers) all += (all.empty() ? "" : "+") + one.id;
  return all;
}

std::vector<tenants::Tenant> MixRequest::made_tenants(std::uint64_t seed) const {
  std::vector<tenants::Tenant> all;
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    all.push_back(tenants::make_tenant(tenants[i].name(), tenants[i].arrivals, seed, i));
  }
  return all;
}

workloads::InferenceOptions MixRequest::inference(std::size_t tenant,
                                                  const Options& options) const {
  return {tenants[tenant].model, 1, options.seed, {}};
}

std::vector<schema::Key> MixRequest::keys(const Options& options, const std::string& load) const {
  std::vector<schema::Key> all;
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    std::vector<std::string> others;
    for (std::size_t j = 0; j < tenants.size(); ++j) {
      if (j != i) others.push_back(tenants[j].name());
    }
    const std::string& model = tenants[i].model;
    schema::Key key;
    key.case_name = model.substr(0, model.find(':')) + "/inference";
    key.processor = processors();
    key.scenario = scenario_of(*this);
    key.load = load;
    key.parameters = {{"model", model},
                      {"batch", std::int64_t{1}},
                      {"implementation", options.implementation},
                      {"dtype", std::string("f32")},
                      {"tenant", fmt::format("{}:{}", i, tenants[i].arrivals.canonical())},
                      {"beside", fmt::format("{}", fmt::join(others, " "))}};
    const std::string resources = resources_key(parse_resources(options.resources));
    if (!resources.empty()) key.parameters["resources"] = resources;
    all.push_back(std::move(key));
  }
  return all;
}

MixRequest mix_request(const Options& options, Machine& machine) {
  MixRequest request{{}, {}, tenants::scheduler_spec(options.scheduler), {}, {}};
  for (const std::string& one : options.tenants) request.tenants.push_back(tenant_from(one));
  request.limits.seconds = options.seconds;
  request.limits.drop_late = options.drop;
  request.loads = selection(options).loads;
  request.made_tenants(options.seed);
  for (std::size_t i = 0; i < request.tenants.size(); ++i) {
    workloads::inference_model(request.inference(i, options));
  }
  request.workers = processors_for(options, machine);
  tenants::make_scheduler(request.scheduler, request.tenants.size(), request.workers.size());
  std::vector<std::string> ids;
  for (const schema::Processor& one : request.workers) {
    if (!one.facts.contains("error")) ids.push_back(one.id);  // else its block says so
  }
  if (!options.allow_overlap) refuse_overlap(machine, ids);
  return request;
}

}  // namespace motley::cli

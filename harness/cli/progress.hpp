// What a person sees while a run goes on: one line rewritten in place on a terminal, else a plain
// line now and then. On standard error: standard output holds results only.
#pragma once

#include <memory>

#include "harness/supervisor.hpp"

namespace motley::cli {

std::unique_ptr<Progress> progress();

}  // namespace motley::cli

#include "bridge/rpc/rpc_metrics.hpp"

namespace cadenza::bridge {

namespace {

/// "WorkflowAPI/StartWorkflowExecution"
std::string label_of(const method& m) { return m.service.substr(m.service.rfind('.') + 1) + "/" + m.name; }

} // namespace

std::string_view name_of(wire_kind over) {
  switch (over) {
  case wire_kind::grpc: return "grpc";
  case wire_kind::thrift_grpc: return "grpc-thrift";
  case wire_kind::tchannel: return "tchannel";
  }
  return "grpc";
}

namespace {

template <class Series, class Make> Series& once(std::atomic<Series*>& slot, Make make) {
  if (auto* known = slot.load(std::memory_order_acquire))
    return *known;
  Series& made = make(); // the registry gives everybody the same one
  slot.store(&made, std::memory_order_release);
  return made;
}

} // namespace

rpc_metrics::rpc_metrics(metrics::registry& registry, const method_table& table)
  : registry_(registry), by_method_(std::make_unique<series[]>(table.methods().size() * wire_kinds)),
    hanging_(registry.gauge(rpc_metric_table[3])), unknown_(registry.counter(rpc_metric_table[4])),
    mended_(registry.counter(rpc_metric_table[5])) {}

void rpc_metrics::answered(wire_kind over, const method& which, std::optional<error_kind> failure,
                           std::int64_t duration_ns) {
  auto& at = by_method_[which.index * wire_kinds + static_cast<std::size_t>(over)];
  const auto labels = [&] {
    return metrics::labels{{"method", label_of(which)}, {"transport", std::string(name_of(over))}};
  };
  once(
      at.requests, [&]() -> auto& { return registry_.counter(rpc_metric_table[0], labels()); })
      .add();
  once(
      at.duration, [&]() -> auto& { return registry_.histogram(rpc_metric_table[2], labels()); })
      .observe(duration_ns);
  if (!failure)
    return;
  once(
      at.errors[static_cast<std::size_t>(*failure)],
      [&]() -> auto& {
        auto context = labels();
        context["error"] = name_of(*failure);
        return registry_.counter(rpc_metric_table[1], context);
      })
      .add();
}

} // namespace cadenza::bridge

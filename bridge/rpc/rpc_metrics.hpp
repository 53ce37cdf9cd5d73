#pragma once

#include "bridge/handlers/method_table.hpp"
#include "config/metrics.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <optional>

namespace cadenza::bridge {

/// What a call came over: the value of the label `transport`.
enum class wire_kind { grpc, thrift_grpc, tchannel };
inline constexpr std::size_t wire_kinds = 3;
[[nodiscard]] std::string_view name_of(wire_kind over);

/// What the bridge tells about RPCs.
inline constexpr std::array rpc_metric_table{
    metrics::declaration{"cadenza_rpc_requests_total", metrics::kind::counter, "method,transport", "RPCs answered."},
    metrics::declaration{"cadenza_rpc_errors_total", metrics::kind::counter, "method,transport,error",
                         "RPCs answered with an error, by the error's name."},
    metrics::declaration{
        "cadenza_rpc_duration_seconds", metrics::kind::histogram, "method,transport",
        "Time from an RPC's arrival to its answer in seconds; for polls this includes the wait for a task."},
    metrics::declaration{"cadenza_rpc_hanging_polls", metrics::kind::gauge, "", "Polls that are waiting for a task."},
    metrics::declaration{"cadenza_rpc_unknown_methods_total", metrics::kind::counter, "",
                         "RPCs for methods that this server does not have."},
    metrics::declaration{"cadenza_rpc_text_repaired_total", metrics::kind::counter, "",
                         "RPCs with text that was not UTF-8: invalid bytes were read as U+FFFD."},
};

/// Counts RPCs. Series appear with the first RPC of a method on a transport. Any thread; lock-free after that.
class rpc_metrics {
public:
  rpc_metrics(metrics::registry& registry, const method_table& table);

  void answered(wire_kind over, const method& which, std::optional<error_kind> failure, std::int64_t duration_ns);
  void unknown_method() { unknown_.add(); }
  void mended() { mended_.add(); }
  [[nodiscard]] metrics::gauge& hanging() { return hanging_; }

private:
  static constexpr std::size_t kinds = static_cast<std::size_t>(error_kind::unknown) + 1;
  struct series {
    std::atomic<metrics::counter*> requests{nullptr};
    std::atomic<metrics::histogram*> duration{nullptr};
    std::array<std::atomic<metrics::counter*>, kinds> errors{};
  };

  metrics::registry& registry_;
  std::unique_ptr<series[]> by_method_; ///< for each method and transport
  metrics::gauge& hanging_;
  metrics::counter& unknown_;
  metrics::counter& mended_;
};

} // namespace cadenza::bridge

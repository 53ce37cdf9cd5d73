#pragma once

#include "config/metrics.hpp"

#include <vector>

namespace cadenza::config {

/// What the process as a whole tells. Names are those that Prometheus' own clients use, so that common dashboards work.
inline constexpr metrics::declaration process_metrics[] = {
    {"process_resident_memory_bytes", metrics::kind::gauge, "", "Memory of the process that is in RAM, in bytes."},
    {"process_cpu_seconds_total", metrics::kind::counter, "", "CPU time used, user and system, in seconds."},
    {"process_open_fds", metrics::kind::gauge, "", "Open files and sockets."},
    {"process_start_time_seconds", metrics::kind::gauge, "", "When the process was started, in Unix time."},
    {"process_threads", metrics::kind::gauge, "", "Threads."},
    {"cadenza_log_lines_lost_total", metrics::kind::counter, "",
     "Log lines lost because the writer could not keep up."},
};

/// Registers them; they are read while scraped and go with the handles.
[[nodiscard]] std::vector<metrics::registry::callback_handle> register_process_metrics(metrics::registry& in);

} // namespace cadenza::config

#pragma once

#include "config/metrics.hpp"

namespace cadenza {

/// What the metrics page tells of this installation: which program it is, and how its disk is.
inline constexpr metrics::declaration installation_metrics[] = {
    {"cadenza_build_info", metrics::kind::gauge, "version", "Always 1; the label is the version of the program."},
    {"cadenza_accepts_writes", metrics::kind::gauge, "",
     "1: the store accepts writes; 0: it refuses them, and /health says so."},
    {"cadenza_store_bytes", metrics::kind::gauge, "part",
     "Bytes on disk, by part: store, visibility; measured every 15 s."},
    {"cadenza_disk_free_bytes", metrics::kind::gauge, "",
     "Free bytes on the disk of the data directory; measured every 15 s."},
    {"cadenza_disk_size_bytes", metrics::kind::gauge, "", "Size of the disk of the data directory in bytes."},
    {"cadenza_last_backup_timestamp_seconds", metrics::kind::gauge, "",
     "When the newest complete backup in persistence.backupDirectory was taken, in Unix time; 0: there is none."},
};

} // namespace cadenza

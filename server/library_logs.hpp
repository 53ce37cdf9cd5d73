#pragma once

#include "config/log_line.hpp"

#include <iosfwd>
#include <memory>

namespace cadenza {

/// Sends what the libraries have to say (protobuf, gRPC, SQLite) to the server's log instead of to standard error, each
/// at most one line in five seconds, which tells how many were left out: a client must not be able to fill the log, and
/// a reader of standard error that stalls must not stop the thread that serves it. Before anything is opened, once.
/// From then on, whether or not a library has been used yet. GRPC_VERBOSITY in the environment says how much gRPC
/// tells, errors only by default.
///
/// RocksDB's lines come the same way, through the options of its store: `log_store_line`.
void adopt_library_logs();

/// A line of the store or its engine; of errors and of warnings no more than one in five seconds. Any thread.
void log_store_line(log::level which, log::fields values, log::sentence says);

/// While it lives, what is written to a stream of the standard library (CAF's reports of messages that nobody wanted)
/// goes to the log, line by line and rated. Any thread may write.
class stream_to_log {
public:
  explicit stream_to_log(std::ostream& stream);
  ~stream_to_log();
  stream_to_log(const stream_to_log&) = delete;
  stream_to_log& operator=(const stream_to_log&) = delete;

private:
  class line_buffer;
  std::ostream& stream_;
  std::unique_ptr<line_buffer> buffer_;
  std::streambuf* before_;
};

} // namespace cadenza

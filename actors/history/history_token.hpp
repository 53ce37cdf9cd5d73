#pragma once

#include "messages/outcome.hpp"

#include <cstdint>
#include <string>

namespace cadenza::actors {

/// Where a reader of a run's history stands. Opaque to clients; JSON with base64 for bytes, and a check sum: a token
/// that was changed on its way must not look like damage of the history that it then asks for.
struct history_token {
  std::string run_id;
  std::int64_t first_event_id = 1; ///< next event to read
  std::int64_t next_event_id = 1;  ///< events below this were stored when the reader last looked
  bool running = false;            ///< the run was open then
  std::string branch;              ///< record.v1.HistoryBranch
  std::string synthetic;           ///< api.v1.History: events of a transient decision, after the stored ones
};

[[nodiscard]] std::string encode(const history_token& token);
/// bad_request "Invalid NextPageToken." for anything else than what `encode` wrote.
[[nodiscard]] outcome<history_token> decode_history_token(const std::string& text);

} // namespace cadenza::actors

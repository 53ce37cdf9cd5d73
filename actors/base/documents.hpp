#pragma once

#include "actors/base/call.hpp"
#include "messages/outcome.hpp"

#include <functional>
#include <string>

namespace cadenza::actors {

/// Documents of the whole cluster that change at run time. The numbers are stored.
enum class document_kind : int {
  dynamic_configuration = 0,     ///< JSON in the format of the file
  isolation_groups = 1,          ///< api.v1.IsolationGroupConfiguration
  operational_configuration = 2, ///< as the dynamic configuration
};
inline constexpr int document_kinds = 3;

/// A change of a document. Changes are made one after the other, each on what the one before it left.
struct document_change {
  document_kind document{};
  /// The new content, or why not; "" when nothing was stored yet. May run again when somebody else wrote meanwhile.
  std::function<outcome<std::string>(const std::string& now)> plan;
  /// The new content is on disk and `document_sink` has it: answers the call.
  std::function<void()> done;
  call_ptr call;
  int tries = 0;
};

/// Takes a document whenever it was read or written: its content, "" when there is none. Must be quick; called by one
/// thread at a time.
using document_sink = std::function<void(document_kind, const std::string& content)>;

} // namespace cadenza::actors

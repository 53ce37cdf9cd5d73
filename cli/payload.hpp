#pragma once

#include "messages/outcome.hpp"

#include <map>
#include <string>

namespace cadenza::cli {

class invocation;

/// The text of flag `inline_flag`, else the content of the file named by `file_flag` (without a byte order mark), else
/// "". It must be JSON values separated by blanks or line ends.
[[nodiscard]] outcome<std::string> json_input(const invocation& call, std::string_view inline_flag,
                                              std::string_view file_flag);

/// Keys (separated by blanks, from `keys_flag`) paired with the JSON values of the other two flags, in order.
[[nodiscard]] outcome<std::map<std::string, std::string>> keyed_json(const invocation& call, std::string_view keys_flag,
                                                                     std::string_view inline_flag,
                                                                     std::string_view file_flag);

/// Keys and values separated by '|'. Values that read as a number, true, false, an RFC3339 time or a JSON array are
/// encoded as such, all others as text.
[[nodiscard]] outcome<std::map<std::string, std::string>> search_attributes(const std::string& keys,
                                                                            const std::string& values);

} // namespace cadenza::cli

#pragma once

#include "cli/json_text.hpp"
#include "messages/outcome.hpp"

#include <chrono>

namespace cadenza::cli {

enum class http_verb { get, post };

/// Asks the server's HTTP side and reads a JSON answer (null when the body is empty). A status other than 2xx is an
/// error with the body's "error" text, or the body. A POST says that it carries JSON: servers refuse those that the
/// page of another web site could send.
[[nodiscard]] outcome<json> http_json(const std::string& base_url, http_verb verb, const std::string& path,
                                      std::chrono::milliseconds timeout);

/// The rows of an answer that is an array, or an object that holds the array under `key`; null when it is neither.
[[nodiscard]] json rows_of(const json& answer, const std::string& key);

/// `text` escaped for use as a query parameter.
[[nodiscard]] std::string url_escaped(std::string_view text);

} // namespace cadenza::cli

#pragma once

#include <optional>
#include <string>

namespace cadenza::cli {

/// A token signed with RS256 by the RSA private key (PEM) in `key_file`: claims Admin, iat, exp (10 minutes from now).
/// Nothing when the file is missing or holds no such key.
[[nodiscard]] std::optional<std::string> make_jwt(const std::string& key_file);

} // namespace cadenza::cli

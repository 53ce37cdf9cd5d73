#pragma once

#include <optional>
#include <string>

namespace cadenza::cli {

/// A token signed with RS256 by the RSA private key in `pem`: claims Admin, iat, exp (10 minutes from now). Nothing
/// when the text holds no such key.
[[nodiscard]] std::optional<std::string> make_jwt(const std::string& pem);

} // namespace cadenza::cli

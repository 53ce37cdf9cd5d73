#pragma once

#include <string>

/// The documents that come from the tables. docs/configuration.md and config/sample/ hold them word for word; a test
/// compares, and writes them anew when CADENZA_WRITE_DOCUMENTS is set.
namespace cadenza::config {

/// Every option of the static configuration as Markdown tables, one per section.
[[nodiscard]] std::string static_options_markdown();

/// Every key of the dynamic configuration as Markdown tables, one per prefix.
[[nodiscard]] std::string dynamic_keys_markdown();

/// A configuration file with every option the server acts on at its default, and those it only checks as comments.
[[nodiscard]] std::string sample_static_yaml();

/// A dynamic configuration file with every key at its default.
[[nodiscard]] std::string sample_dynamic_yaml();

} // namespace cadenza::config

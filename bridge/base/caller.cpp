#include "bridge/base/caller.hpp"

#include "messages/utf8.hpp"

#include <array>
#include <charconv>
#include <compare>
#include <optional>

namespace cadenza::bridge {

namespace {

/// Every call says its version: reading it allocates nothing.
struct version {
  std::array<std::uint64_t, 8> numbers{};
  std::size_t count = 0;
  bool pre_release = false;
};

std::optional<version> parse_version(std::string_view text) {
  version out;
  if (text.starts_with('v'))
    text.remove_prefix(1);
  if (const auto plus = text.find('+'); plus != text.npos)
    text = text.substr(0, plus);
  if (const auto dash = text.find('-'); dash != text.npos) {
    out.pre_release = dash + 1 < text.size();
    if (!out.pre_release)
      return std::nullopt;
    text = text.substr(0, dash);
  }
  while (true) {
    std::uint64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc{})
      return std::nullopt;
    if (out.count == out.numbers.size())
      return std::nullopt;
    out.numbers[out.count++] = number;
    text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
    if (text.empty())
      break;
    if (text.front() != '.')
      return std::nullopt;
    text.remove_prefix(1);
  }
  return out;
}

/// < 0, 0, > 0; nothing when `text` is no version or a pre-release, which no plain bound admits.
std::optional<int> compare(std::string_view text, std::string_view bound) {
  const auto left = parse_version(text);
  const auto right = parse_version(bound);
  if (!left || !right || left->pre_release)
    return std::nullopt;
  // Numbers that are not given are zero.
  const auto order = left->numbers <=> right->numbers;
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

/// The header is the JSON of a message with two flags. Clients write its names in three ways.
bool asks_for_already_completed(std::string_view flags) {
  for (const std::string_view name :
       {"\"WorkflowExecutionAlreadyCompletedErrorEnabled\"", "\"workflowExecutionAlreadyCompletedErrorEnabled\"",
        "\"workflow_execution_already_completed_error_enabled\""}) {
    auto at = flags.find(name);
    if (at == flags.npos)
      continue;
    at = flags.find_first_not_of(" \t", at + name.size());
    if (at == flags.npos || flags[at] != ':')
      continue;
    at = flags.find_first_not_of(" \t", at + 1);
    return at != flags.npos && flags.substr(at).starts_with("true");
  }
  return false;
}

std::string_view highest_supported(std::string_view client) {
  if (client == "uber-go")
    return go_version_max;
  if (client == "uber-java")
    return java_version_max;
  if (client == "cli")
    return cli_version_max;
  return {};
}

bool knows_already_completed(const actors::caller_info& caller) {
  if (caller.client_impl == "uber-go" || caller.client_impl == "cli")
    return version_at_least(caller.feature_version, "1.7.0");
  return caller.client_impl == "uber-java" && version_at_least(caller.feature_version, "1.4.0");
}

bool knows_raw_history(const actors::caller_info& caller) {
  if (caller.client_impl == "uber-go" || caller.client_impl == "cli")
    return version_at_least(caller.feature_version, "1.6.0");
  return caller.client_impl == "uber-java" && version_at_least(caller.feature_version, "1.3.0");
}

bool answers_sticky_queries(const actors::caller_info& caller) {
  return (caller.client_impl == "uber-go" || caller.client_impl == "uber-java") &&
         version_at_least(caller.feature_version, "1.0.0");
}

} // namespace

void caller_builder::add(std::string_view header, std::string_view value) {
  if (header == "rpc-caller") {
    caller_.name = utf8::readable(value);
    return;
  }
  constexpr std::string_view prefix = "cadence-";
  if (!header.starts_with(prefix))
    return;
  header.remove_prefix(prefix.size());
  if (header == "client-name")
    caller_.client_impl = utf8::readable(value);
  else if (header == "client-library-version")
    caller_.library_version = utf8::readable(value);
  else if (header == "client-feature-version")
    caller_.feature_version = utf8::readable(value);
  else if (header == "client-feature-flags")
    feature_flags_ = utf8::readable(value);
  else if (header == "caller-type")
    caller_.caller_type = utf8::readable(value);
  else if (header == "authorization")
    caller_.authorization = utf8::readable(value);
  else if (header == "workflow-partition-config")
    caller_.partition_config = utf8::readable(value);
  else if (header == "worker-isolation-group" ||
           (header == "client-isolation-group" && caller_.isolation_group.empty()))
    caller_.isolation_group = utf8::readable(value);
}

actors::caller_info caller_builder::finish() && {
  caller_.told_already_completed = asks_for_already_completed(feature_flags_) && knows_already_completed(caller_);
  caller_.reads_raw_history = knows_raw_history(caller_);
  caller_.takes_sticky_queries = answers_sticky_queries(caller_);
  return std::move(caller_);
}

bool version_at_most(std::string_view text, std::string_view bound) {
  const auto order = compare(text, bound);
  return order && *order <= 0;
}

bool version_at_least(std::string_view text, std::string_view bound) {
  const auto order = compare(text, bound);
  return order && *order >= 0;
}

outcome<void> check_client_version(const actors::caller_info& caller) {
  if (caller.feature_version.empty())
    return {};
  const auto highest = highest_supported(caller.client_impl);
  if (highest.empty() || version_at_most(caller.feature_version, highest))
    return {};
  error_detail detail;
  detail.feature_version = caller.feature_version;
  detail.client_impl = caller.client_impl;
  detail.supported_versions = "<=" + std::string(highest);
  return error{error_kind::client_version_not_supported, "Client version not supported", std::move(detail)};
}

} // namespace cadenza::bridge

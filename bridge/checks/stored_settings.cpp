#include "bridge/checks/stored_settings.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

stored_settings::stored_settings(config::dynamic_config& dynamic, log::sink write)
  : dynamic_(dynamic), write_(std::move(write)), groups_(std::make_shared<const api::IsolationGroupConfiguration>()) {
  for (auto& one : documents_)
    one.store(std::make_shared<const std::string>());
}

void stored_settings::take(actors::document_kind which, const std::string& content) {
  auto& at = documents_[static_cast<std::size_t>(which)];
  if (*at.load() == content)
    return;
  switch (which) {
  case actors::document_kind::dynamic_configuration:
    for (const auto& refused : dynamic_.adopt_overrides(content.empty() ? "{}" : content))
      write_(log::level::warn, {field::error(refused)},
             "a stored value of the dynamic configuration is left out: {error}");
    break;
  case actors::document_kind::isolation_groups: {
    auto groups = std::make_shared<api::IsolationGroupConfiguration>();
    if (!groups->ParseFromString(content))
      return write_(log::level::warn, {}, "the stored isolation groups are damaged; those from before stay in use");
    groups_.store(std::move(groups));
    break;
  }
  case actors::document_kind::operational_configuration: break;
  }
  at.store(std::make_shared<const std::string>(content));
}

std::shared_ptr<const std::string> stored_settings::document(actors::document_kind which) const {
  return documents_[static_cast<std::size_t>(which)].load();
}

std::shared_ptr<const api::IsolationGroupConfiguration> stored_settings::isolation_groups() const {
  return groups_.load();
}

bool stored_settings::drained(const std::string& group) const {
  const auto groups = groups_.load();
  const auto& all = groups->isolation_groups();
  return std::any_of(all.begin(), all.end(), [&](const api::IsolationGroupPartition& one) {
    return one.name() == group && one.state() == api::ISOLATION_GROUP_STATE_DRAINED;
  });
}

} // namespace cadenza::bridge

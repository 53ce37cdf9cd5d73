#include "target.hpp"

#include "storage/visibility/visibility_store.hpp"
#include "workflow/search_attributes.hpp"

using namespace cadenza;

namespace {

/// A store in memory with a few runs, made once.
storage::visibility_store& store() {
  static const auto made = [] {
    auto opened = storage::open_visibility_store({});
    REQUIRE(opened);
    std::vector<storage::visibility_change> changes;
    for (int i = 0; i < 5; ++i) {
      storage::visibility_change change;
      change.kind = i % 2 == 0 ? storage::visibility_change_kind::started : storage::visibility_change_kind::closed;
      change.domain_id = uuid::v4(1, 1);
      change.workflow_id = "wf-" + std::to_string(i);
      change.run_id = uuid::v4(2, static_cast<std::uint64_t>(i));
      change.task_id = i + 1;
      change.record.set_close_status(i % 2 == 0 ? 0 : 1 + i % 3);
      changes.push_back(std::move(change));
    }
    REQUIRE((*opened)->apply(changes));
    return std::move(*opened);
  }();
  return *made;
}

} // namespace

// Whatever a client writes into a list's query or page token either is refused as a bad request or is SQL that runs.
FUZZ_TARGET(visibility_queries) {
  storage::query_request asked;
  asked.domain_id = uuid::v4(1, 1);
  asked.page_size = 2;
  auto query =
      storage::visibility::read_query(std::string(fuzz::take_line(input)), workflow::default_attribute_types());
  if (!query) {
    REQUIRE(query.error().kind == error_kind::bad_request);
    return;
  }
  asked.query = *std::move(query);
  asked.page_token = std::string(input);
  const auto told = [](const auto& answer) {
    if (!answer)
      REQUIRE(answer.error().kind == error_kind::bad_request || answer.error().kind == error_kind::limit_exceeded);
  };
  told(store().list_by_query(asked));
  told(store().scan_by_query(asked));
  told(store().count_by_query(asked));
  asked.page_token.clear();
  const auto page = store().list_by_query(asked);
  told(page);
  if (page && !page->next_page_token.empty()) {
    asked.page_token = page->next_page_token;
    REQUIRE(store().list_by_query(asked));
  }
}

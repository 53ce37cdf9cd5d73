#pragma once

#include "storage/visibility/visibility_store.hpp"

#include <functional>
#include <optional>

namespace cadenza::simulation {

/// A visibility store that outlives whoever opened it, as one on a disk would, and whose writes fail when `fate` says
/// so.
class kept_lists final : public storage::embedded_visibility {
public:
  using failing = std::function<std::optional<error>()>;
  kept_lists(storage::embedded_visibility& kept, failing fate) : kept_(kept), fate_(std::move(fate)) {}

  outcome<storage::list_page> list_open(const storage::list_request& r) override { return kept_.list_open(r); }
  outcome<storage::list_page> list_closed(const storage::list_request& r) override { return kept_.list_closed(r); }
  outcome<storage::list_page> list_by_query(const storage::query_request& r) override { return kept_.list_by_query(r); }
  outcome<storage::list_page> scan_by_query(const storage::query_request& r) override { return kept_.scan_by_query(r); }
  outcome<std::int64_t> count_by_query(const storage::query_request& r) override { return kept_.count_by_query(r); }
  outcome<storage::apply_result> apply(std::span<const storage::visibility_change> changes) override {
    if (auto why = fate_())
      return *std::move(why);
    return kept_.apply(changes);
  }
  outcome<void> make_durable() override {
    if (auto why = fate_())
      return *std::move(why);
    return kept_.make_durable();
  }
  outcome<void> remove_run(const uuid& domain_id, const uuid& run_id) override {
    return kept_.remove_run(domain_id, run_id);
  }
  outcome<void> clear() override { return kept_.clear(); }
  outcome<std::unique_ptr<storage::visibility_reader>> open_reader() const override { return kept_.open_reader(); }

private:
  storage::embedded_visibility& kept_;
  failing fate_;
};

} // namespace cadenza::simulation

#include "actors/visibility/visibility_rebuild.hpp"
#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "storage/visibility/visibility_files.hpp"

#include <atomic>
#include <filesystem>
#include <optional>

namespace cadenza::actors {
namespace {

namespace fs = std::filesystem;
using storage::visibility_store;

constexpr std::int64_t between_rebuilds_ns = 60 * ns_per_s;

/// What stays between one store and the next.
struct shelf {
  explicit shelf(const clock& time_source) : time(time_source) {}

  rebuild_source from;
  storage::visibility_options options;
  std::atomic<bool> damaged{false}; ///< a store that was given away said so
  const clock& time;
  std::optional<std::int64_t> rebuilt_at_ns;
};
using shelf_ptr = std::shared_ptr<shelf>;

/// Passes everything on, and notes damage for the next opening.
class watched_store final : public storage::embedded_visibility {
public:
  watched_store(std::unique_ptr<storage::embedded_visibility> inner, shelf_ptr at)
    : inner_(std::move(inner)), at_(std::move(at)) {
    CADENZA_ASSERT(inner_ && at_, "a store that is watched for damage is one");
  }

  outcome<storage::list_page> list_open(const storage::list_request& r) override { return seen(inner_->list_open(r)); }
  outcome<storage::list_page> list_closed(const storage::list_request& r) override {
    return seen(inner_->list_closed(r));
  }
  outcome<storage::list_page> list_by_query(const storage::query_request& r) override {
    return seen(inner_->list_by_query(r));
  }
  outcome<storage::list_page> scan_by_query(const storage::query_request& r) override {
    return seen(inner_->scan_by_query(r));
  }
  outcome<std::int64_t> count_by_query(const storage::query_request& r) override {
    return seen(inner_->count_by_query(r));
  }
  outcome<storage::apply_result> apply(std::span<const storage::visibility_change> changes) override {
    return seen(inner_->apply(changes));
  }
  outcome<void> make_durable() override { return seen(inner_->make_durable()); }
  outcome<void> remove_run(const uuid& domain_id, const uuid& run_id) override {
    return seen(inner_->remove_run(domain_id, run_id));
  }
  outcome<void> clear() override { return seen(inner_->clear()); }
  outcome<std::unique_ptr<storage::visibility_reader>> open_reader() const override {
    return seen(inner_->open_reader());
  }

private:
  template <class T> outcome<T> seen(outcome<T> result) const {
    if (!result && result.error().kind == error_kind::internal_data_inconsistency)
      at_->damaged = true;
    return result;
  }

  std::unique_ptr<storage::embedded_visibility> inner_;
  shelf_ptr at_;
};

outcome<void> fill(const shelf& at, visibility_store& into) {
  const auto done = rebuild_visibility(at.from, into);
  if (!done)
    return done.error();
  at.from.log(log::level::info, {field::count(done->runs), field::left_out(done->left_out)},
              "visibility store: rebuilt, {count} runs listed, {left_out} left out");
  return {};
}

/// Makes a complete file at the final path, or leaves none there.
outcome<void> rebuild_file(const shelf& at) {
  const auto& path = at.options.path;
  auto beside = at.options;
  beside.path = path + ".rebuild";
  CADENZA_TRY(storage::remove_visibility_files(beside.path));
  {
    auto store = storage::open_visibility_store(beside);
    if (!store)
      return store.error();
    CADENZA_TRY(fill(at, **store));
    CADENZA_TRY((*store)->make_durable());
  }
  return storage::replace_visibility_files(beside.path, path);
}

outcome<std::unique_ptr<visibility_store>> watched(outcome<std::unique_ptr<storage::embedded_visibility>> opened,
                                                   const shelf_ptr& at) {
  if (!opened)
    return opened.error();
  return std::unique_ptr<visibility_store>{std::make_unique<watched_store>(*std::move(opened), at)};
}

outcome<std::unique_ptr<visibility_store>> open_in_memory(const shelf& at) {
  auto opened = storage::open_visibility_store(at.options);
  if (!opened)
    return opened.error();
  CADENZA_TRY(fill(at, **opened));
  return std::unique_ptr<visibility_store>{*std::move(opened)};
}

outcome<std::unique_ptr<visibility_store>> open(const shelf_ptr& at) {
  if (at->options.path.empty())
    return open_in_memory(*at);
  std::error_code failure;
  std::string why;
  const bool there = fs::exists(at->options.path, failure);
  if (there) {
    why = "damage was found while it was in use";
    if (!at->damaged) {
      auto opened = storage::open_visibility_store(at->options);
      if (opened || opened.error().kind != error_kind::internal_data_inconsistency)
        return watched(std::move(opened), at);
      why = opened.error().message;
    }
  } else if (failure) {
    return unavailable("visibility store: " + at->options.path + ": " + failure.message());
  }
  // A clock that was set back must not keep the lists away until it has caught up.
  const auto since_ns = at->time.now_ns() - at->rebuilt_at_ns.value_or(0);
  if (at->rebuilt_at_ns && since_ns >= 0 && since_ns < between_rebuilds_ns)
    return unavailable("visibility store: damaged again right after a rebuild: " + why);
  if (there)
    at->from.log(log::level::warn, {field::error(why)},
                 "visibility store: rebuilding it from the stored runs: {error}");
  else
    at->from.log(log::level::info, {}, "visibility store: a new file is made from what is stored");
  CADENZA_TRY(rebuild_file(*at));
  at->rebuilt_at_ns = at->time.now_ns();
  at->damaged = false;
  return watched(storage::open_visibility_store(at->options), at);
}

} // namespace

visibility_opener rebuilding_opener(rebuild_source from, storage::visibility_options options, const clock& time) {
  auto at = std::make_shared<shelf>(time);
  at->from = std::move(from);
  at->options = std::move(options);
  return [at] { return open(at); };
}

} // namespace cadenza::actors

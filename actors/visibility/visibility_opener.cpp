#include "actors/visibility/visibility_rebuild.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>

namespace cadenza::actors {
namespace {

namespace fs = std::filesystem;
using storage::visibility_store;
using steady = std::chrono::steady_clock;

constexpr std::chrono::seconds between_rebuilds{60};

/// What stays between one store and the next.
struct shelf {
  rebuild_source from;
  storage::visibility_options options;
  std::atomic<bool> damaged{false}; ///< a store that was given away said so
  std::optional<steady::time_point> rebuilt_at;
};
using shelf_ptr = std::shared_ptr<shelf>;

/// Passes everything on, and notes damage for the next opening.
class watched_store final : public visibility_store {
public:
  watched_store(std::unique_ptr<visibility_store> inner, shelf_ptr at) : inner_(std::move(inner)), at_(std::move(at)) {}

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

  std::unique_ptr<visibility_store> inner_;
  shelf_ptr at_;
};

outcome<void> sync_path(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool good = file >= 0 && ::fsync(file) == 0;
  const int why = errno;
  if (file >= 0)
    ::close(file);
  if (!good)
    return unavailable("visibility store: syncing " + path + ": " + std::strerror(why));
  return {};
}

outcome<void> fill(const shelf& at, visibility_store& into) {
  const auto done = rebuild_visibility(at.from, into);
  if (!done)
    return done.error();
  at.from.log(1, "visibility store: rebuilt, " + std::to_string(done->runs) + " runs listed, " +
                     std::to_string(done->left_out) + " left out");
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
  // The last connection moves the log into the file when it closes; a log that is left would not be found again.
  std::error_code failure;
  if (fs::exists(beside.path + "-wal", failure) || failure)
    return unavailable("visibility store: the rebuilt file could not be completed");
  CADENZA_TRY(sync_path(beside.path, O_RDONLY));
  CADENZA_TRY(storage::remove_visibility_files(path));
  fs::rename(beside.path, path, failure);
  if (failure)
    return unavailable("visibility store: renaming " + beside.path + ": " + failure.message());
  const auto folder = fs::path(path).parent_path();
  return sync_path(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
}

outcome<std::unique_ptr<visibility_store>> watched(outcome<std::unique_ptr<visibility_store>> opened,
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
  return opened;
}

outcome<std::unique_ptr<visibility_store>> open(const shelf_ptr& at) {
  if (at->options.path.empty())
    return open_in_memory(*at);
  std::error_code failure;
  std::string why = "there is no file yet";
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
  const auto now = steady::now();
  if (at->rebuilt_at && now - *at->rebuilt_at < between_rebuilds)
    return unavailable("visibility store: damaged again right after a rebuild: " + why);
  at->from.log(there ? 2 : 1, std::string("visibility store: ") + (there ? "rebuilding" : "filling") +
                                  " it from the stored runs: " + why);
  CADENZA_TRY(rebuild_file(*at));
  at->rebuilt_at = steady::now();
  at->damaged = false;
  return watched(storage::open_visibility_store(at->options), at);
}

} // namespace

visibility_opener rebuilding_opener(rebuild_source from, storage::visibility_options options) {
  auto at = std::make_shared<shelf>();
  at->from = std::move(from);
  at->options = std::move(options);
  return [at] { return open(at); };
}

} // namespace cadenza::actors

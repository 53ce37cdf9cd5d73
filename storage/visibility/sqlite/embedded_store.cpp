#include "messages/invariant.hpp"
#include "storage/visibility/sqlite/change_writer.hpp"
#include "storage/visibility/sqlite/run_lister.hpp"
#include "storage/visibility/sqlite/schema.hpp"
#include "storage/visibility/sqlite/sqlite.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <filesystem>
#include <optional>
#include <utility>

namespace cadenza::storage {
namespace {

using namespace visibility;

/// The reading half, on a connection of its own or on the writer's.
template <class Interface> class lister_of : public Interface {
public:
  outcome<list_page> list_open(const list_request& request) final { return lister_.list_open(request); }
  outcome<list_page> list_closed(const list_request& request) final { return lister_.list_closed(request); }
  outcome<list_page> list_by_query(const query_request& request) final { return lister_.list_by_query(request); }
  outcome<list_page> scan_by_query(const query_request& request) final { return lister_.scan_by_query(request); }
  outcome<std::int64_t> count_by_query(const query_request& request) final { return lister_.count_by_query(request); }

protected:
  lister_of(connection on, std::int64_t query_steps_max)
    : connection_(std::make_unique<connection>(std::move(on))), lister_(*connection_, query_steps_max) {}

  // Behind a pointer and before its users: their statements die first, and refer to an address that stays.
  std::unique_ptr<connection> connection_;
  run_lister lister_;
};

class embedded_reader final : public lister_of<visibility_reader> {
public:
  embedded_reader(connection on, std::int64_t query_steps_max) : lister_of(std::move(on), query_steps_max) {}
};

class embedded_store final : public lister_of<embedded_visibility> {
public:
  embedded_store(connection on, const visibility_options& options)
    : lister_of(std::move(on), options.query_steps_max), options_(options) {}

  outcome<void> prepare() {
    auto writer = change_writer::create(*connection_, options_.removed_kept_max);
    if (!writer)
      return writer.error();
    writer_.emplace(std::move(*writer));
    return {};
  }

  outcome<apply_result> apply(std::span<const visibility_change> changes) override {
    CADENZA_ASSERT(writer_, "the lists are prepared before they are written");
    return writer_->apply(changes);
  }

  outcome<void> make_durable() override {
    if (sync_failed_)
      return *sync_failed_;
    auto synced = connection_->sync();
    if (synced)
      return synced;
    // The system may have dropped the pages it could not write: a second attempt would succeed and mean nothing.
    sync_failed_ = error{error_kind::internal_data_inconsistency,
                         synced.error().message + " (what reached the disk is unknown; it must be rebuilt)"};
    return *sync_failed_;
  }

  outcome<void> remove_run(const uuid& domain_id, const uuid& run_id) override {
    visibility_change change;
    change.kind = visibility_change_kind::remove;
    change.domain_id = domain_id;
    change.run_id = run_id;
    change.task_id = INT64_MAX;
    const auto applied = apply({&change, 1});
    if (!applied)
      return applied.error();
    return {};
  }

  outcome<void> clear() override {
    CADENZA_ASSERT(writer_, "the lists are prepared before they are cleared");
    return writer_->clear();
  }

  outcome<std::unique_ptr<visibility_reader>> open_reader() const override {
    if (options_.path.empty())
      return unavailable("visibility store: a store in memory has no second view");
    auto on = connection::open(options_.path, open_mode::read_only);
    if (!on)
      return on.error();
    CADENZA_TRY(configure(*on, options_.cache_kib, open_mode::read_only));
    return std::unique_ptr<visibility_reader>{new embedded_reader(std::move(*on), options_.query_steps_max)};
  }

private:
  visibility_options options_;
  std::optional<change_writer> writer_;
  std::optional<error> sync_failed_;
};

} // namespace

outcome<std::unique_ptr<embedded_visibility>> open_visibility_store(const visibility_options& options) {
  auto on = connection::open(options.path, open_mode::read_write);
  if (!on)
    return on.error();
  CADENZA_TRY(configure(*on, options.cache_kib, open_mode::read_write));
  CADENZA_TRY(prepare_schema(*on, options.verify));
  auto store = std::make_unique<embedded_store>(std::move(*on), options);
  CADENZA_TRY(store->prepare());
  return std::unique_ptr<embedded_visibility>{std::move(store)};
}

outcome<void> remove_visibility_files(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code failure;
    std::filesystem::remove(path + suffix, failure);
    if (failure)
      return unavailable("visibility store: removing " + path + suffix + ": " + failure.message());
  }
  return {};
}

} // namespace cadenza::storage

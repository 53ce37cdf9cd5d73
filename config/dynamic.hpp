#pragma once

#include "config/snapshot.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace cadenza::config {

/// The dynamic configuration of a process: a file in Cadence's format, and over it a document of changes made at run
/// time. Any thread may look up, subscribe and change.
///
/// Changes made at run time live as long as this object: whoever stores them durably hands them back with
/// `set_overrides` at start.
class dynamic_config {
public:
  dynamic_config();

  /// Everything at this moment. Costs one reference count; keep the snapshot for a whole request.
  [[nodiscard]] snapshot_ptr current() const { return current_.load(std::memory_order_acquire); }

  /// Takes the file as the lower layer from now on. An error names file and line of every problem and changes nothing.
  [[nodiscard]] outcome<void> load_file(const std::string& path);
  /// From now on there is no file: its keys have their defaults again.
  void forget_file();
  /// Reads that file again when it looks changed (or, with `always`, in any case). Tells whether anything was read.
  [[nodiscard]] outcome<bool> reload(bool always = false);

  /// Replaces all run-time changes by those of a document in the file's format (JSON will do).
  [[nodiscard]] outcome<void> set_overrides(const std::string& document);
  /// The run-time changes as such a document, in JSON.
  [[nodiscard]] std::string overrides() const;
  /// The same for a document stored by another version: keys and values that this one refuses are left out; tells why.
  [[nodiscard]] std::vector<std::string> adopt_overrides(const std::string& document);
  /// Replaces the run-time values of one key by a JSON list of {value, constraints}.
  [[nodiscard]] outcome<void> update(const std::string& key_name, const std::string& values);
  /// Takes the run-time values of a key away again: all of them, or those with exactly these constraints (filter names
  /// and values).
  [[nodiscard]] outcome<void> restore(const std::string& key_name,
                                      const std::map<std::string, std::string>& constraints);

  /// What reading the file had to say about keys that do nothing.
  [[nodiscard]] std::vector<std::string> warnings() const;

  /// Keeps a subscription; letting go of it ends it and waits for a call that is running.
  using subscription = std::shared_ptr<void>;
  /// Calls `told` with every new snapshot, on the thread that makes the change. It must be quick and must not change
  /// the configuration. The subscription must not outlive this object.
  [[nodiscard]] subscription subscribe(std::function<void(const snapshot_ptr&)> told);

private:
  struct stamp {
    std::int64_t modified_ns = 0;
    std::uint64_t bytes = 0;
    bool operator==(const stamp&) const = default;
  };
  [[nodiscard]] outcome<void> read_file(const std::string& path);
  void publish();

  mutable std::mutex lock_; // guards everything below but current_
  std::string path_;
  stamp read_at_;
  dynamic_layer file_;
  dynamic_layer over_;
  tree over_document_;
  std::vector<std::string> warnings_;
  std::uint64_t version_ = 0;
  std::uint64_t last_subscriber_ = 0;
  std::map<std::uint64_t, std::function<void(const snapshot_ptr&)>> subscribers_;
  std::atomic<snapshot_ptr> current_;
};

/// The value as JSON, for the admin calls.
[[nodiscard]] std::string to_json(const dynamic_value& value, value_type type);

/// Place of a key in the table, or nothing.
[[nodiscard]] std::optional<std::size_t> index_of_key(std::string_view name);

} // namespace cadenza::config

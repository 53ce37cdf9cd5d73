#pragma once

#include <rocksdb/listener.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace cadenza::storage::rocks {

/// Whether writes work, as the engine tells it. Read by any thread; written by the engine's threads, the committer and
/// whoever brings writes back.
class health final : public rocksdb::EventListener {
public:
  explicit health(std::function<void(bool accepts_writes, std::string_view reason)> changed)
    : changed_(std::move(changed)) {}

  [[nodiscard]] bool accepts_writes() const { return writable_.load(std::memory_order_acquire); }
  [[nodiscard]] std::string reason() const;

  /// Writes failed; they stay refused until `recover`.
  void fail(std::string_view reason);
  /// A write has worked again.
  void recover();

  /// Who brings writes back: `told` is called, on any thread, when they stop (false), and when the engine says that it
  /// has recovered and a try is worth it (true). Empty: nobody.
  void on_change(std::function<void(bool recovered)> told);

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override;

private:
  void tell(bool recovered);

  std::function<void(bool, std::string_view)> changed_;
  std::atomic<bool> writable_{true};
  mutable std::mutex mutex_; ///< guards what follows
  std::string reason_;
  std::function<void(bool)> told_;
};

} // namespace cadenza::storage::rocks

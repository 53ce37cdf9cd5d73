#pragma once

#include <rocksdb/listener.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace cadenza::storage::rocks {

/// Whether writes work, as the engine tells it. Read by any thread; written by the engine's threads and the committer.
class health final : public rocksdb::EventListener {
public:
  explicit health(std::function<void(bool accepts_writes, std::string_view reason)> changed)
    : changed_(std::move(changed)) {}

  [[nodiscard]] bool accepts_writes() const { return writable_.load(std::memory_order_acquire); }
  [[nodiscard]] std::string reason() const;

  /// Writes failed; they stay refused until the engine reports its recovery.
  void fail(std::string_view reason);

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override;

private:
  std::function<void(bool, std::string_view)> changed_;
  std::atomic<bool> writable_{true};
  mutable std::mutex mutex_; ///< guards reason_
  std::string reason_;
};

} // namespace cadenza::storage::rocks

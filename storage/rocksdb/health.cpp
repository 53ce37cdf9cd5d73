#include "storage/rocksdb/health.hpp"

namespace cadenza::storage::rocks {

std::string health::reason() const {
  const std::lock_guard guard(mutex_);
  return reason_;
}

void health::on_change(std::function<void(bool)> told) {
  const std::lock_guard guard(mutex_);
  told_ = std::move(told);
}

void health::tell(bool recovered) {
  const std::lock_guard guard(mutex_);
  if (told_)
    told_(recovered);
}

void health::fail(std::string_view reason) {
  {
    const std::lock_guard guard(mutex_);
    reason_ = reason;
  }
  if (writable_.exchange(false, std::memory_order_acq_rel) && changed_)
    changed_(false, reason);
  tell(false);
}

void health::recover() {
  if (!writable_.exchange(true, std::memory_order_acq_rel) && changed_)
    changed_(true, "");
}

void health::OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) {
  // A soft error does not stop writes: the engine tries again by itself. Errors that may pass are told before they have
  // a severity; of those it takes the ones of a compaction for soft.
  using severity = rocksdb::Status::Severity;
  const bool passing = error->severity() == severity::kNoError && error->IsIOError() &&
                       reason != rocksdb::BackgroundErrorReason::kCompaction;
  if (error->severity() >= severity::kHardError || passing)
    fail(error->ToString());
}

void health::OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) {
  if (info.new_bg_error.ok())
    tell(true);
}

} // namespace cadenza::storage::rocks

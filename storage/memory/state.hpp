#pragma once

#include "storage/memory/lanes.hpp"
#include "storage/memory/memory_store.hpp"
#include "storage/memory/tables.hpp"
#include "storage/refusals.hpp"

#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace cadenza::storage {

namespace memory {

/// A call of no shard.
inline constexpr int no_shard = -1;

template <class Result> Result unavailable(std::string message) {
  Result result;
  result.outcome = status::unavailable;
  result.message = std::move(message);
  return result;
}

} // namespace memory

/// What outlives the store while answers are on their way: the tables, and the order of what is under way.
struct memory_store::state : std::enable_shared_from_this<memory_store::state> {
  /// A commit on its way: first to be carried out, then to be answered, each time in the order of its lanes.
  struct commit_call {
    done<commit_result> cb;
    commit_result result;
    std::function<commit_result(memory::tables&)> apply;
    std::function<void(memory::tables&)> leave; ///< what stays of it when it is not carried out; may be empty
    fault fate;
    memory::lanes::entry_ptr turn = std::make_shared<memory::lanes::entry>();   ///< to be carried out
    memory::lanes::entry_ptr answer = std::make_shared<memory::lanes::entry>(); ///< to be answered
  };
  using call_ptr = std::shared_ptr<commit_call>;
  /// What goes through `options.post` once the lock is released: what, and how late.
  using postings = std::vector<std::pair<std::function<void()>, std::int64_t>>;

  explicit state(memory_options given);

  /// Carries a commit out, now or when its turn has come, and answers when that of the answer has. `lanes`: what it has
  /// to stay in order with; sorted and each once.
  void commit(std::string_view operation, int shard, std::vector<std::size_t> lanes, call_ptr call);

  template <class Apply>
  void commit(std::string_view operation, int shard, std::vector<std::size_t> lanes, done<commit_result> cb,
              Apply apply) {
    auto call = std::make_shared<commit_call>();
    call->cb = std::move(cb);
    // A shared holder: what is moved into it need not be copyable in a std::function.
    call->apply = [kept = std::make_shared<Apply>(std::move(apply))](memory::tables& all) { return (*kept)(all); };
    commit(operation, shard, std::move(lanes), std::move(call));
  }

  template <class Result, class Read> void read(std::string_view operation, int shard, done<Result> cb, Read look) {
    Result result;
    std::int64_t delay_ns = 0;
    {
      const std::lock_guard guard(mutex);
      if (closed) {
        result = memory::unavailable<Result>("the store is closed");
      } else {
        const auto fate = ask(false, operation, shard);
        delay_ns = fate.delay_ns;
        if (fate.what != fault::kind::none)
          result = memory::unavailable<Result>("injected fault");
        else if constexpr (std::is_invocable_v<Read, const memory::tables&, const fault&>)
          result = look(std::as_const(tables), fate);
        else
          result = look(std::as_const(tables));
      }
    }
    options.post([cb = std::move(cb), result = std::move(result)]() mutable { cb(std::move(result)); }, delay_ns);
  }

  memory_options options;
  std::mutex mutex; ///< guards what follows
  memory::tables tables;
  bool closed = false;

private:
  fault ask(bool commit, std::string_view operation, int shard) {
    return options.fault_hook ? options.fault_hook({commit, operation, shard}) : fault{};
  }
  void carry_out(commit_call& call);
  void take_turns(const call_ptr& first, postings& out);
  void deliver(const call_ptr& call);
  void post(postings& everything);

  memory::lanes turns_;
  memory::lanes answers_;
  std::unordered_map<const memory::lanes::entry*, call_ptr> waiting_; ///< whose turn or answer has not come
};

} // namespace cadenza::storage

#include "actors/shards/history_shard.hpp"

#include "actors/base/actor_path.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

namespace cadenza::actors {
namespace {

constexpr int tries_max = 10;
constexpr std::size_t waiting_max = 10'000;
constexpr std::int64_t closed_idle_ns = 2 * ns_per_s;
constexpr int evictions_per_round = 64;

uber::cadence::api::v1::WorkflowIdReusePolicy reuse_policy_of(const start_request& asked) {
  return asked.request->workflow_id_reuse_policy();
}

} // namespace

// ---------------------------------------------------------------- where a request goes

void history_shard::route(run_command_ptr command) {
  if (command->named) {
    const run_key key{command->key.domain_id, command->key.workflow_id, *command->named};
    return to_run(key, std::move(command));
  }
  auto& entry = workflows_[command->key];
  if (entry.state == workflow_entry::knowledge::known && !entry.creating) {
    if (!entry.current) {
      command->failed(no_workflow(command->key.workflow_id));
      if (entry.runs_in_memory == 0 && entry.waiting.empty())
        workflows_.erase(command->key);
      return;
    }
    command->run_id = uuid::from_raw(entry.current->run_id());
    const run_key key{command->key.domain_id, command->key.workflow_id, command->run_id};
    return to_run(key, std::move(command));
  }
  if (entry.waiting.size() >= waiting_max)
    return command->failed(service_busy("too many requests wait for workflow " + command->key.workflow_id));
  const auto key = command->key;
  entry.waiting.emplace_back(std::move(command));
  if (entry.state == workflow_entry::knowledge::none && !entry.creating)
    read_current(key, entry);
}

void history_shard::handle(start_request_ptr& asked) {
  if (phase_ != phase::ready) {
    if (before_ready_.size() >= before_ready_max)
      return asked->call->reject(
          service_busy("history shard " + std::to_string(index_) + " is loading and too many requests wait"));
    before_ready_.emplace_back(std::move(asked));
    return;
  }
  auto& entry = workflows_[asked->key];
  if (entry.creating || entry.state == workflow_entry::knowledge::reading) {
    if (entry.waiting.size() >= waiting_max)
      return asked->call->reject(service_busy("too many requests wait for workflow " + asked->key.workflow_id));
    entry.waiting.emplace_back(std::move(asked));
    return;
  }
  decide_start(entry, std::move(asked));
}

void history_shard::decide_start(workflow_entry& entry, start_request_ptr asked) {
  if (const auto may = may_start(entry, asked->key); !may)
    return asked->call->reject(may.error());
  if (++asked->tries > tries_max)
    return asked->call->reject(service_busy("workflow " + asked->key.workflow_id + " changes too quickly"));
  using kind = storage::current_condition::kind;
  if (entry.state != workflow_entry::knowledge::known || !entry.current) {
    // Most starts are of new ids: the write finds out whether this is one.
    auto key = asked->key;
    asked->carried.earlier.Clear();
    return create_run(entry, std::move(asked), storage::current_condition{std::move(key), kind::absent, {}, 0});
  }
  const auto& current = *entry.current;
  const auto current_id = uuid::from_raw(current.run_id());
  if (asked->signal && asked->not_signalled != current_id)
    return signal_with_start(current, std::move(asked));
  // What a signal with start has done is told by its signal: under the request id of a start it is another request.
  const auto& start = *asked->request;
  const auto decision =
      workflow::decide_reuse(current, asked->signal ? std::string() : start.request_id(), reuse_policy_of(*asked));
  if (decision == workflow::reuse_decision::use_existing)
    return answer_started(*asked, current_id);
  if (!asked->signal && !current.earlier_requests().empty()) {
    if (const auto before = workflow::answered_before(current.earlier_requests(), record::v1::REQUEST_START,
                                                      start.request_id(), workflow::content_of(start)))
      return answer_started(*asked, *before);
  }
  switch (decision) {
  case workflow::reuse_decision::use_existing:
  case workflow::reuse_decision::refuse:
    return asked->call->reject(workflow::already_started(current, asked->key.workflow_id, reuse_policy_of(*asked)));
  case workflow::reuse_decision::start_new: {
    storage::current_condition condition{asked->key, kind::is_run_closed, current_id, current.last_write_version()};
    asked->carried.earlier = workflow::requests_after(current);
    return create_run(entry, std::move(asked), std::move(condition));
  }
  case workflow::reuse_decision::terminate_and_start: return end_and_start(current_id, std::move(asked));
  }
}

/// The run that is current decides: it knows which signals it has had.
void history_shard::signal_with_start(const record::v1::CurrentRun& current, start_request_ptr asked) {
  const auto run_id = uuid::from_raw(current.run_id());
  const bool open = current.state() == run_state::created || current.state() == run_state::running;
  if (open && reuse_policy_of(*asked) == uber::cadence::api::v1::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING)
    return end_and_start(run_id, std::move(asked));
  const run_key key{asked->key.domain_id, asked->key.workflow_id, run_id};
  to_run(key, make_signal_of_start(std::move(asked), run_id, me()));
}

void history_shard::end_and_start(const uuid& current, start_request_ptr asked) {
  const run_key key{asked->key.domain_id, asked->key.workflow_id, current};
  to_run(key, make_terminate_and_start(std::move(asked), current, me()));
}

void history_shard::create_run(workflow_entry& entry, start_request_ptr asked,
                               std::optional<storage::current_condition> condition) {
  CADENZA_ASSERT(!entry.creating, "one run of a workflow id is made at a time; " + asked->key.workflow_id);
  const run_key key{asked->key.domain_id, asked->key.workflow_id, env_.chance->new_uuid()};
  entry.creating = key.run_id;
  entry.told_meanwhile = false;
  auto& run = spawn_run(key, nullptr, {}, true);
  run.making = true;
  send(run.handle, make_create(std::move(asked), key.run_id, std::move(condition)));
}

void history_shard::handle(create_with& made) {
  CADENZA_ASSERT(made.command && made.command->builds(), "a run with a command of its own is built by it");
  auto& entry = workflows_[{made.key.domain_id, made.key.workflow_id}];
  if (phase_ != phase::ready || entry.creating)
    return made.command->failed(unavailable("another run of this workflow is being made; try again"));
  entry.creating = made.key.run_id;
  entry.told_meanwhile = false;
  auto& run = spawn_run(made.key, nullptr, {}, true);
  run.making = true;
  send(run.handle, std::move(made.command));
}

void history_shard::handle(create_refused& refused) {
  const workflow_key key{refused.tried.domain_id, refused.tried.workflow_id};
  const auto run = runs_.find(refused.tried);
  if (run != runs_.end()) {
    send(run->second.handle, std::make_shared<run_mail>(quit_now{}));
    forget_run(refused.tried);
  }
  auto& entry = workflows_[key];
  if (entry.creating == refused.tried.run_id) {
    entry.creating.reset();
    // What the refused write found may be older than what a commit has told since.
    if (!std::exchange(entry.told_meanwhile, false)) {
      entry.state = workflow_entry::knowledge::none;
      record::v1::CurrentRun current;
      if (!refused.current.empty() && current.ParseFromString(refused.current)) {
        entry.current = std::move(current);
        entry.state = workflow_entry::knowledge::known;
      }
    }
  }
  if (refused.request)
    entry.waiting.emplace_front(std::move(refused.request));
  drain(key);
}

/// Hands on what waited for the workflow's current run to be known, until it is unknown again.
void history_shard::drain(const workflow_key& key) {
  for (;;) {
    const auto i = workflows_.find(key);
    if (i == workflows_.end())
      return;
    auto& entry = i->second;
    if (entry.waiting.empty() || entry.creating || entry.state == workflow_entry::knowledge::reading)
      break;
    auto next = std::move(entry.waiting.front());
    entry.waiting.pop_front();
    if (auto* start = std::get_if<start_request_ptr>(&next)) {
      decide_start(entry, std::move(*start));
      continue;
    }
    auto& command = std::get<run_command_ptr>(next);
    if (entry.state == workflow_entry::knowledge::none) {
      entry.waiting.emplace_front(std::move(command));
      read_current(key, entry);
      return;
    }
    route(std::move(command));
  }
  const auto i = workflows_.find(key);
  if (i != workflows_.end() && i->second.runs_in_memory == 0 && i->second.waiting.empty() && !i->second.creating &&
      i->second.state != workflow_entry::knowledge::reading)
    workflows_.erase(i);
}

void history_shard::read_current(const workflow_key& key, workflow_entry& entry) {
  CADENZA_ASSERT(entry.state != workflow_entry::knowledge::reading, "a current-run row is read once at a time");
  entry.state = workflow_entry::knowledge::reading;
  env_.store->shards().read_current(index_, key, [self = me(), key](storage::read_result<storage::current_row> row) {
    caf::anon_send(self, make_shard_mail(current_known{key, std::move(row)}));
  });
}

/// Nobody can say now which run of a workflow id is the current one: whoever waits for that is told.
void history_shard::refuse_waiting(const workflow_key& key, const error& reason) {
  auto& entry = workflows_[key];
  entry.state = workflow_entry::knowledge::none;
  auto waiting = std::move(entry.waiting);
  entry.waiting.clear();
  for (auto& r : waiting) {
    if (auto* command = std::get_if<run_command_ptr>(&r))
      (*command)->failed(reason);
    else
      std::get<start_request_ptr>(r)->call->reject(reason);
  }
  drain(key);
}

void history_shard::handle(current_known& known) {
  const auto i = workflows_.find(known.key);
  if (i == workflows_.end() || i->second.state != workflow_entry::knowledge::reading)
    return; // a commit told us meanwhile
  auto& entry = i->second;
  if (known.row.outcome != storage::status::committed)
    return refuse_waiting(known.key, unavailable("the store cannot read right now: " + known.row.message));
  entry.current.reset();
  if (known.row.value) {
    record::v1::CurrentRun current;
    if (!current.ParseFromString(known.row.value->value))
      return refuse_waiting(known.key, {error_kind::internal_data_inconsistency,
                                        "the current-run row of workflow " + known.key.workflow_id + " is damaged"});
    entry.current = std::move(current);
  }
  entry.state = workflow_entry::knowledge::known;
  drain(known.key);
}

// ---------------------------------------------------------------- runs in memory

void history_shard::to_run(const run_key& key, run_command_ptr command) {
  CADENZA_ASSERT(command, "a request is in one hand at a time");
  auto i = runs_.find(key);
  if (i == runs_.end()) {
    auto& entry = spawn_run(key, nullptr, {}, false);
    send(entry.handle, std::move(command));
    return;
  }
  touch(i->second);
  send(i->second.handle, std::move(command));
}

history_shard::run_entry&
history_shard::spawn_run(const run_key& key, std::shared_ptr<workflow::run> state,
                         std::vector<std::shared_ptr<const uber::cadence::api::v1::History>> batches, bool fresh) {
  auto handle = spawn<workflow_run, caf::monitored>(env_, index_, range_id_, sequence_, me(), key, std::move(state),
                                                    std::move(batches), fresh);
  by_address_.emplace(handle->address(), key);
  auto [i, inserted] = runs_.try_emplace(key);
  auto& entry = i->second;
  CADENZA_ASSERT(inserted, "a run is in memory once; run " + key.run_id.str());
  recency_.push_front(key);
  ++workflows_[{key.domain_id, key.workflow_id}].runs_in_memory;
  entry.recency = recency_.begin();
  entry.handle = std::move(handle);
  entry.last_used_ns = now();
  entry.closed = false;
  entry.making = false;
  check_runs();
  return entry;
}

void history_shard::check_runs() const {
  CADENZA_ASSERT(runs_.size() == by_address_.size() && runs_.size() == recency_.size(),
                 "every run in memory has one actor and one place in the order of use; shard " +
                     std::to_string(index_));
}

void history_shard::forget_run(const run_key& key) {
  const auto i = runs_.find(key);
  if (i == runs_.end())
    return;
  by_address_.erase(i->second.handle->address());
  recency_.erase(i->second.recency);
  runs_.erase(i);
  check_runs();
  const auto w = workflows_.find({key.domain_id, key.workflow_id});
  CADENZA_ASSERT(w != workflows_.end() && w->second.runs_in_memory > 0,
                 "a workflow id is known while a run of it is in memory; " + key.workflow_id);
  if (--w->second.runs_in_memory == 0 && w->second.waiting.empty() && !w->second.creating &&
      w->second.state != workflow_entry::knowledge::reading)
    workflows_.erase(w);
}

void history_shard::on_run_down(const caf::down_msg& down) {
  const auto i = by_address_.find(caf::actor_cast<caf::actor_addr>(down.source));
  if (i == by_address_.end())
    return; // left in order
  const auto key = i->second;
  env_.counters->run_deaths.fetch_add(1, std::memory_order_relaxed);
  note_death(env_, actor_path::of_run(env_, index_, key), down.reason);
  const auto run = runs_.find(key);
  CADENZA_ASSERT(run != runs_.end(), "an actor that a shard watches is that of a run in memory");
  const bool making = run->second.making;
  forget_run(key);
  if (!making)
    return;
  const workflow_key workflow{key.domain_id, key.workflow_id};
  auto& entry = workflows_[workflow];
  if (entry.creating == key.run_id)
    entry.creating.reset();
  entry.state = workflow_entry::knowledge::none;
  drain(workflow);
}

void history_shard::handle(run_left& left) {
  const auto i = runs_.find(left.key);
  if (i == runs_.end())
    return;
  send(i->second.handle, std::make_shared<run_mail>(quit_now{}));
  forget_run(left.key);
}

void history_shard::handle(reroute& r) {
  CADENZA_ASSERT(r.command, "what a run sends back is a request");
  if (++r.command->tries > tries_max)
    return r.command->failed(unavailable("the workflow moves too quickly"));
  if (r.run_closed) {
    const auto& entry = workflows_[r.command->key];
    if (entry.state == workflow_entry::knowledge::known && entry.current &&
        uuid::from_raw(entry.current->run_id()) == r.command->run_id) {
      // The closed run is the current one: let it answer.
      r.command->tries = tries_max;
      const run_key key{r.command->key.domain_id, r.command->key.workflow_id, r.command->run_id};
      return to_run(key, std::move(r.command));
    }
  }
  route(std::move(r.command));
}

void history_shard::adopt(adopted_run made) {
  if (runs_.contains(made.key))
    return; // a request was quicker and the run loads itself
  CADENZA_ASSERT(made.state, "a run that follows another one comes with its state");
  const auto key = made.key;
  spawn_run(key, std::move(made.state), std::move(made.batches), false);
}

void history_shard::handle(run_used& used) {
  const auto i = runs_.find(used.key);
  if (i == runs_.end())
    return;
  i->second.bytes = used.bytes;
  i->second.closed = used.closed;
  i->second.making = false;
}

void history_shard::touch(run_entry& entry) {
  entry.last_used_ns = now();
  recency_.splice(recency_.begin(), recency_, entry.recency);
}

void history_shard::evict() {
  const auto budget = env_.settings.run_cache_bytes;
  const auto in_use = env_.counters->run_bytes.load(std::memory_order_relaxed);
  // Over budget: each shard gives up its share of the excess, oldest first.
  std::size_t excess = 0;
  if (in_use > budget && in_use > 0)
    excess = static_cast<std::size_t>(static_cast<double>(runs_.size()) * static_cast<double>(in_use - budget) /
                                      static_cast<double>(in_use)) +
             1;
  std::size_t asked = 0;
  for (auto i = recency_.rbegin(); i != recency_.rend(); ++i) {
    auto& run = runs_.at(*i);
    const auto idle = now() - run.last_used_ns;
    const bool over = asked < excess;
    if (!over && idle < closed_idle_ns)
      break; // everything further on was used even later
    if (over || idle >= env_.settings.run_idle_ns || run.closed) {
      ++asked;
      send(run.handle, std::make_shared<run_mail>(leave_memory{}));
    }
  }
}

} // namespace cadenza::actors

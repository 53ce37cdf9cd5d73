#include "actors/base/supervised.hpp"

#include "actors/base/troubles.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <exception>
#include <utility>

namespace cadenza::actors {

namespace {

caf::error error_of(const std::exception_ptr& raised) {
  try {
    std::rethrow_exception(raised);
  } catch (const std::exception& e) {
    return caf::make_error(caf::sec::runtime_error, std::string(e.what()));
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error, std::string("an exception of no known kind"));
  }
}

} // namespace

std::string text_of(const caf::error& reason) {
  if (reason.context().match_elements<std::string>())
    return reason.context().get_as<std::string>(0);
  return caf::to_string(reason);
}

void note_death(const actor_context& env, const std::string& path, const caf::error& reason) {
  if (reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown)
    return;
  env.wrong->died(path, text_of(reason), reason == caf::exit_reason::kill);
}

void note_unreadable(const actor_context& env, const std::string& where, std::vector<std::string> what, bool quiet) {
  env.wrong->unreadable(where, std::move(what), quiet);
  env.counters->unreadable_ranges.store(env.wrong->damage_count(), std::memory_order_relaxed);
}

supervised_actor::supervised_actor(caf::actor_config& cfg) : caf::event_based_actor(cfg) {
  set_exception_handler(
      [](caf::scheduled_actor*, std::exception_ptr& raised) -> caf::error { return error_of(raised); });
}

void supervised_actor::end(std::string why) {
  CADENZA_ASSERT(!why.empty(), "an actor that ends says why");
  quit(caf::make_error(caf::sec::runtime_error, std::move(why)));
}

caf::behavior supervised_actor::with_common(caf::message_handler own) {
  return own.or_else([this](const mailbox_query& asked) { asked.answer(static_cast<std::int64_t>(mailbox().size())); });
}

void log_exceptions(caf::scheduled_actor& of, const actor_context& env, std::string path) {
  of.set_exception_handler(
      [&env, path = std::move(path)](caf::scheduled_actor*, std::exception_ptr& raised) -> caf::error {
        auto reason = error_of(raised);
        note_death(env, path, reason);
        return reason;
      });
}

} // namespace cadenza::actors

#include "actors/base/services.hpp"

namespace cadenza::actors {

std::int64_t poll_ns(const services& env, const workflow::domain_view& domain, const std::string& list, int type) {
  return env.live.poll_ns ? env.live.poll_ns(domain, list, type) : env.settings.long_poll_ns;
}

std::int64_t history_poll_ns(const services& env, const workflow::domain_view& domain) {
  return env.live.history_poll_ns ? env.live.history_poll_ns(domain) : env.settings.history_long_poll_ns;
}

int history_page_max(const services& env, const workflow::domain_view& domain) {
  return env.live.history_page_max ? env.live.history_page_max(domain) : env.settings.history_page_max;
}

bool sends_raw_history(const services& env, const workflow::domain_view& domain) {
  return env.live.raw_history && env.live.raw_history(domain);
}

bool sticky_queries(const services& env, const workflow::domain_view& domain) {
  return !env.live.sticky_queries || env.live.sticky_queries(domain);
}

bool consistent_query(const services& env, const workflow::domain_view& domain) {
  return env.live.consistent_query ? env.live.consistent_query(domain) : env.settings.consistent_query;
}

int buffered_queries_max(const services& env) {
  return env.live.buffered_queries_max ? env.live.buffered_queries_max() : env.settings.buffered_queries_max;
}

} // namespace cadenza::actors

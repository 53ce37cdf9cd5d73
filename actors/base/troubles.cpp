#include "actors/base/troubles.hpp"

#include "config/log.hpp"
#include "messages/constants.hpp"
#include "messages/invariant.hpp"

#include <algorithm>
#include <utility>

namespace cadenza::actors {

namespace {

constexpr std::int64_t path_gap_ns = 10 * ns_per_s; ///< between lines of one path
constexpr double lines_per_s = 10;
constexpr std::size_t passing_max = 1000;
constexpr std::size_t unreadable_max = 1000; ///< places; of further ones only the log tells

bool passes(const std::string& path) {
  return path.find("/workflow_run:") != std::string::npos || path.find("/task_list:") != std::string::npos;
}

} // namespace

troubles::troubles(const clock& time, log::sink write) : time_(time), write_(std::move(write)), lines_(lines_per_s) {}

troubles::entry& troubles::entry_of(const std::string& path) {
  if (!passes(path))
    return lasting_[path];
  if (passing_.size() >= passing_max && !passing_.contains(path))
    passing_.erase(std::min_element(passing_.begin(), passing_.end(), [](const auto& a, const auto& b) {
      return a.second.last.last_ns < b.second.last.last_ns;
    }));
  auto& out = passing_[path];
  CADENZA_ASSERT(passing_.size() <= passing_max, "of the actors that come and go a bounded number is remembered");
  return out;
}

void troubles::died(const std::string& path, const std::string& reason, bool wanted) {
  const std::lock_guard hold(lock_);
  const auto now_ns = time_.now_ns();
  auto& one = entry_of(path);
  ++one.all;
  one.last.path = path;
  one.last.last_ns = now_ns;
  if (!wanted) {
    one.last.reason = reason;
    ++one.last.count;
  }
  tell(one, wanted, now_ns);
}

void troubles::tell(entry& of, bool wanted, std::int64_t now_ns) {
  const bool soon = of.logged_ns != 0 && now_ns >= of.logged_ns && now_ns - of.logged_ns < path_gap_ns;
  if (soon) {
    ++of.left_out;
    return;
  }
  if (!lines_.try_take(now_ns)) {
    ++left_out_;
    return;
  }
  if (left_out_ > 0)
    write_(log::level::warn, {field::left_out(left_out_)},
           "{left_out} deaths of actors are not in the log: there were too many at once");
  if (wanted)
    log::write_after(write_, static_cast<std::uint64_t>(of.left_out), log::level::info, {field::actor(of.last.path)},
                     "actor {actor} was killed");
  else
    log::write_after(write_, static_cast<std::uint64_t>(of.left_out), log::level::error,
                     {field::actor(of.last.path), field::error(of.last.reason)}, "actor {actor} died: {error}");
  of.logged_ns = now_ns;
  of.left_out = 0;
  left_out_ = 0;
}

void troubles::unreadable(const std::string& where, std::vector<std::string> what, bool quiet) {
  const std::lock_guard hold(lock_);
  const auto known = unreadable_.find(where);
  if (what.empty()) {
    if (known == unreadable_.end())
      return;
    unreadable_.erase(known);
    write_(log::level::warn, {field::what(where)}, "{what} can be read again");
    return;
  }
  if (known != unreadable_.end() && known->second == what)
    return;
  for (std::size_t i = 0; !quiet && i < what.size(); ++i)
    write_(log::level::error, {field::what(where), field::error(what[i])}, "{what}: {error}");
  if (known != unreadable_.end())
    known->second = std::move(what);
  else if (unreadable_.size() < unreadable_max)
    unreadable_.emplace(where, std::move(what));
}

std::vector<troubles::death> troubles::deaths(std::int64_t within_ns) const {
  const std::lock_guard hold(lock_);
  const auto now_ns = time_.now_ns();
  std::vector<death> out;
  for (const auto* all : {&lasting_, &passing_})
    for (const auto& [path, one] : *all)
      if (one.last.count > 0 && now_ns - one.last.last_ns <= within_ns)
        out.push_back(one.last);
  std::stable_sort(out.begin(), out.end(), [](const death& a, const death& b) { return a.count > b.count; });
  return out;
}

std::int64_t troubles::count(const std::string& path) const {
  const std::lock_guard hold(lock_);
  const auto& all = passes(path) ? passing_ : lasting_;
  const auto found = all.find(path);
  return found == all.end() ? 0 : found->second.all;
}

std::vector<troubles::damage> troubles::damages() const {
  const std::lock_guard hold(lock_);
  std::vector<damage> out;
  for (const auto& [where, what] : unreadable_)
    for (const auto& one : what)
      out.push_back({where, one});
  return out;
}

std::int64_t troubles::damage_count() const {
  const std::lock_guard hold(lock_);
  std::int64_t out = 0;
  for (const auto& [where, what] : unreadable_)
    out += static_cast<std::int64_t>(what.size());
  return out;
}

} // namespace cadenza::actors

#include "store_check.hpp"

namespace cadenza::simulation {
namespace {

class still_clock final : public actors::clock {
public:
  explicit still_clock(std::int64_t ns) : ns_(ns) {}
  std::int64_t now_ns() const override { return ns_; }

private:
  const std::int64_t ns_;
};

actors::verify_report look(world& in, bool live, bool mend) {
  const auto still = in.peek();
  still_clock clock(in.now_ns());
  dice chance(99); // not the world's: a look changes nothing of what comes
  actors::verify_source from;
  from.store = &in.store();
  from.shard_count = in.shards();
  from.lists = &in.lists();
  from.time = &clock;
  from.chance = &chance;
  from.live = live;
  const auto report = mend ? actors::verify_and_repair(from, &in.lists()) : actors::verify(from);
  if (!report)
    throw violation("the store cannot be checked: " + report.error().message);
  return *report;
}

} // namespace

actors::verify_report check_store(world& in, bool live) { return look(in, live, false); }
actors::verify_report mend_store(world& in) {
  in.run_until(
      "the store's answers are there", [&in] { return in.store_is_still(); }, 60 * ns_per_s);
  return look(in, false, true);
}

std::string told(const actors::verify_report& report) {
  std::string out;
  for (const auto& f : report.findings)
    out += std::string("\n") + name_of(f.what) + " " + f.workflow_id + "/" + f.run_id + ": " + f.text +
           (f.mended ? " [mended]" : "");
  return out;
}

} // namespace cadenza::simulation

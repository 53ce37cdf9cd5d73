#include "verify/verify_shard.hpp"

#include "actors/visibility/visibility_rebuild.hpp"
#include "storage/file_check.hpp"
#include "verify/repair_queues.hpp"
#include "workflow/start.hpp"

#include "cadenza/record/v1/domain.pb.h"

namespace cadenza::actors {

const char* name_of(finding::kind kind) {
  switch (kind) {
  case finding::kind::state: return "state";
  case finding::kind::history: return "history";
  case finding::kind::current: return "current";
  case finding::kind::branch: return "branch";
  case finding::kind::task: return "task";
  case finding::kind::wake_up: return "wake-up";
  case finding::kind::visibility: return "visibility";
  case finding::kind::shard: return "shard";
  case finding::kind::unreadable: return "unreadable";
  }
  return "unknown";
}

namespace verifying {
namespace {

constexpr std::size_t findings_max = 10'000;

/// `damaged` gets the names of domains whose rows cannot be read.
workflow::directory_ptr read_domains(const verify_source& from, std::vector<std::string>& damaged) {
  auto out = std::make_shared<workflow::domain_directory>();
  const auto problem = for_each<storage::domain_row>(
      [&](const std::string& token, auto done) {
        from.store->cluster().read_domains(token, page_rows, std::move(done));
      },
      [&](const storage::domain_row& stored) {
        auto view = std::make_shared<workflow::domain_view>();
        view->id = stored.id;
        view->name = stored.name;
        if (!view->row.ParseFromString(stored.value)) {
          damaged.push_back(stored.name);
          return;
        }
        out->put(view);
      });
  if (problem)
    throw stopped{error{error_kind::internal_data_inconsistency, "the domains cannot be read: " + *problem}};
  return out;
}

/// What operators set at run time, and the cluster's own row.
void check_documents(context& scan) {
  constexpr int documents = 4;
  for (int which = 0; which < documents; ++which) {
    const auto read = wait_for<storage::read_result<std::string>>(
        [&](auto done) { scan.store().cluster().read_document(which, std::move(done)); });
    if (const auto why = unread(read); !why.empty())
      scan.unreadable(0, {}, "document " + std::to_string(which), why);
  }
}

void check_files(context& scan) {
  if (!scan.from.unreadable_files)
    return;
  for (const auto& file : scan.from.unreadable_files([&scan] { return scan.from.stopping && scan.from.stopping(); }))
    scan.found(finding::kind::unreadable, 0, {}, file);
  scan.check_stopping();
}

void rewrite_queues(context& scan, storage::file_check& files) {
  const auto done = files.rewrite_damaged_queues();
  if (!done)
    throw stopped{done.error()};
  for (const auto& queue : *done) {
    scan.found(finding::kind::unreadable, 0, {}, queue.text, queue.written);
    scan.transfer_lost = scan.transfer_lost || (queue.written && queue.transfer);
  }
}

void check_store(context& scan, bool repair) {
  check_files(scan);
  check_documents(scan);
  const auto waiting = read_backlog(scan);
  totals all;
  for (int shard = 0; shard < scan.from.shard_count; ++shard)
    shard_check(scan, shard, waiting, all, repair).check();
  if (scan.from.lists == nullptr || !scan.lists_usable)
    return;
  if (const auto done = check_extra_listed(scan, all.listable, all.leaving); !done)
    scan.found(finding::kind::visibility, 0, {}, "visibility records cannot be read: " + done.error().message);
}

/// Lists are derived: what is wrong with them is mended by making them anew.
void rebuild_lists(context& scan, storage::visibility_store& lists) {
  rebuild_source runs;
  runs.store = scan.from.store;
  runs.shard_count = scan.from.shard_count;
  runs.log = [](log::level, log::fields, log::sentence) {};
  runs.stopping = scan.from.stopping;
  if (const auto cleared = lists.clear(); !cleared)
    return;
  if (const auto made = rebuild_visibility(runs, lists); !made)
    return;
  if (auto* file = lists.embedded(); file != nullptr)
    if (const auto kept = file->make_durable(); !kept)
      return;
  for (auto& f : scan.report.findings)
    if (f.what == finding::kind::visibility)
      f.mended = true;
  scan.report.mended += scan.lists_found;
}

outcome<verify_report> run_check(const verify_source& from, bool repair, storage::visibility_store* lists,
                                 storage::file_check* files) {
  verify_report report;
  try {
    std::vector<std::string> damaged;
    context scan{from, report, read_domains(from, damaged)};
    for (const auto& name : damaged)
      scan.unreadable(0, {}, "the row of domain " + name, "it is damaged");
    if (files != nullptr)
      rewrite_queues(scan, *files);
    check_store(scan, repair);
    if (repair && lists != nullptr && scan.lists_found > 0)
      rebuild_lists(scan, *lists);
  } catch (const stopped& why) {
    return why.reason;
  }
  return report;
}

} // namespace

void context::found(finding::kind what, int shard, const subject& about, const std::string& text, bool mended) {
  ++report.found;
  report.mended += mended ? 1 : 0;
  lists_found += what == finding::kind::visibility ? 1 : 0;
  if (report.findings.size() >= findings_max)
    return;
  report.findings.push_back({what, shard, about.domain_id ? domain_name(*about.domain_id) : std::string(),
                             about.workflow_id, about.run_id ? about.run_id->str() : std::string(), text, mended});
}

void context::unreadable(int shard, const subject& about, const std::string& what, const std::string& why) {
  found(finding::kind::unreadable, shard, about, what + " cannot be read: " + why);
}

void context::unreadable(int shard, const subject& about, const std::string& what,
                         const std::vector<storage::unreadable_range>& ranges) {
  for (const auto& range : ranges)
    unreadable(shard, about,
               what + " " + std::to_string(range.first) +
                   (range.last > range.first ? " to " + std::to_string(range.last) : ""),
               range.why);
}

} // namespace verifying

outcome<verify_report> verify(const verify_source& from) { return verifying::run_check(from, false, nullptr, nullptr); }

outcome<verify_report> verify_and_repair(const verify_source& from, storage::visibility_store* lists) {
  return verifying::run_check(from, true, lists, nullptr);
}

outcome<verify_report> repair_with_queues(const verify_source& from, storage::visibility_store* lists,
                                          storage::file_check* files) {
  return verifying::run_check(from, true, lists, files);
}

} // namespace cadenza::actors

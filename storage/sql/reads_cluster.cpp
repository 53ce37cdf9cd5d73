#include "storage/scan_tokens.hpp"
#include "storage/sql/asking.hpp"

/// Reads of task lists and of what the whole cluster shares.
namespace cadenza::storage::sql {

namespace {

/// Where a scan of task lists goes on: in which database, and from which list on.
struct list_token {
  std::size_t place = 0;
  std::int64_t position = 0;
  task_list_key key;

  [[nodiscard]] std::string str() const {
    std::string out;
    for (const auto number : {static_cast<std::int64_t>(place), position, std::int64_t{key.type}})
      put_ordered(out, number);
    return out + key.domain_id.raw() + key.name;
  }
  [[nodiscard]] static std::optional<list_token> parse(const std::string& token) {
    constexpr std::size_t fixed = 24 + 16;
    if (token.size() < fixed)
      return std::nullopt;
    list_token out;
    out.place = static_cast<std::size_t>(get_ordered(token.data()));
    out.position = get_ordered(token.data() + 8);
    out.key.type = static_cast<int>(get_ordered(token.data() + 16));
    out.key.domain_id = uuid::from_raw(std::string_view(token).substr(24, 16));
    out.key.name = token.substr(fixed);
    return out;
  }
};

read_result<std::string> first_text(const row_set& rows) {
  read_result<std::string> out;
  if (!rows.empty())
    out.value = rows.text(0, 0);
  return out;
}

} // namespace

void sql_store::read_task_list(task_list_key key, done<read_result<std::string>> cb) {
  ask<read_result<std::string>>(
      place_of(key), "read_task_list",
      {statement::read_list, {argument::of(key.domain_id), argument::text(key.name), argument::number(key.type)}},
      std::move(cb), first_text);
}

void sql_store::scan_tasks(task_list_key key, std::int64_t after, std::int64_t up_to, int limit,
                           done<page<backlog_row>> cb) {
  ask_page<backlog_row>(
      place_of(key), "scan_tasks",
      {statement::scan_tasks,
       {argument::of(key.domain_id), argument::text(key.name), argument::number(key.type), argument::large(after),
        argument::large(up_to), one_more(limit)}},
      limit, std::move(cb),
      page_maker{[](const row_set& rows, std::size_t i) {
                   return backlog_row{rows.number(i, 0), rows.text(i, 1)};
                 },
                 [](const row_set& rows, std::size_t i) { return more_after(rows.number(i - 1, 0)); }});
}

void sql_store::scan_task_lists(ring_range of, std::string token, int limit,
                                done<page<std::pair<task_list_key, std::string>>> cb) {
  using row = std::pair<task_list_key, std::string>;
  list_token from;
  from.position = static_cast<std::int64_t>(of.from);
  if (!token.empty()) {
    const auto given = list_token::parse(token);
    if (!given || given->place >= databases_.size())
      return cb(damaged<page<row>>("page token"));
    from = *given;
  }
  const auto place = from.place;
  list_token next;
  next.place = place + 1;
  next.position = static_cast<std::int64_t>(of.from);
  const auto following = next.place < databases_.size() ? next.str() : std::string();
  const auto most = static_cast<std::size_t>(std::max(limit, 1));
  ask<page<row>>(
      place, "scan_task_lists",
      {statement::scan_lists,
       {argument::large(from.position), argument::of(from.key.domain_id), argument::text(from.key.name),
        argument::number(from.key.type), argument::large(static_cast<std::int64_t>(of.to)), one_more(limit)}},
      std::move(cb), [most, place, following](const row_set& rows) {
        page<row> out;
        const auto key_at = [&rows](std::size_t i) {
          return task_list_key{rows.id(i, 1), rows.text(i, 2), static_cast<int>(rows.number(i, 3))};
        };
        for (std::size_t i = 0; i < std::min(rows.size(), most); ++i)
          out.rows.emplace_back(key_at(i), rows.text(i, 4));
        out.next = rows.size() > most ? list_token{place, rows.number(most, 0), key_at(most)}.str() : following;
        return out;
      });
}

void sql_store::read_domains(std::string token, int limit, done<page<domain_row>> cb) {
  const auto from = token.empty() ? std::optional<uuid>(uuid{}) : uuid::parse_raw(token);
  if (!from)
    return cb(damaged<page<domain_row>>("page token"));
  ask_page<domain_row>(0, "read_domains", {statement::read_domains, {argument::of(*from), one_more(limit)}}, limit,
                       std::move(cb),
                       page_maker{[](const row_set& rows, std::size_t i) {
                                    return domain_row{rows.id(i, 0), rows.text(i, 1), rows.text(i, 2)};
                                  },
                                  [](const row_set& rows, std::size_t i) { return rows.text(i, 0); }});
}

void sql_store::read_domain_version(done<read_result<std::int64_t>> cb) {
  ask<read_result<std::int64_t>>(0, "read_domain_version", {statement::read_domain_version, {}}, std::move(cb),
                                 [](const row_set& rows) {
                                   read_result<std::int64_t> out;
                                   out.value = rows.empty() ? 0 : rows.number(0, 0);
                                   return out;
                                 });
}

void sql_store::read_queue(int queue, std::int64_t after, int limit, done<page<queue_row>> cb) {
  ask_page<queue_row>(0, "read_queue",
                      {statement::read_messages, {argument::number(queue), argument::large(after), one_more(limit)}},
                      limit, std::move(cb),
                      page_maker{[](const row_set& rows, std::size_t i) {
                                   return queue_row{rows.number(i, 0), rows.text(i, 1)};
                                 },
                                 [](const row_set& rows, std::size_t i) { return more_after(rows.number(i - 1, 0)); }});
}

void sql_store::read_acks(int queue, done<page<queue_ack>> cb) {
  ask<page<queue_ack>>(0, "read_acks", {statement::read_acks, {argument::number(queue)}}, std::move(cb),
                       [queue](const row_set& rows) {
                         page<queue_ack> out;
                         for (std::size_t i = 0; i < rows.size(); ++i)
                           out.rows.push_back({queue, rows.text(i, 0), rows.number(i, 1)});
                         return out;
                       });
}

void sql_store::read_document(int document, done<read_result<std::string>> cb) {
  ask<read_result<std::string>>(0, "read_document", {statement::read_document, {argument::number(document)}},
                                std::move(cb), first_text);
}

void sql_store::read_leases(done<page<node_lease>> cb) {
  ask<page<node_lease>>(0, "read_leases", {statement::read_leases, {}}, std::move(cb), [](const row_set& rows) {
    page<node_lease> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
      out.rows.push_back({rows.text(i, 0), rows.number(i, 1), rows.number(i, 2), rows.text(i, 3)});
    return out;
  });
}

void sql_store::read_audit(audit_query query, done<page<audit_row>> cb) {
  // Stored are inverted times: the newest sort first. The page begins behind (time, id).
  audit_token last;
  if (!query.page.empty()) {
    const auto given = audit_token::parse(query.page);
    if (!given)
      return cb(damaged<page<audit_row>>("page token"));
    last = *given;
  } else {
    if (query.from_ns >= query.to_ns)
      return cb({});
    last.at_ns = query.to_ns; // of which nothing is told: its ids are behind the last one there can be
    last.id.bytes.fill(0xff);
  }
  ask_page<audit_row>(0, "read_audit",
                      {statement::read_audit,
                       {argument::of(query.domain_id), argument::large(~last.at_ns), argument::of(last.id),
                        argument::large(~query.from_ns), one_more(query.limit)}},
                      query.limit, std::move(cb),
                      page_maker{[domain = query.domain_id](const row_set& rows, std::size_t i) {
                                   return audit_row{domain, ~rows.number(i, 0), rows.id(i, 1), rows.text(i, 2)};
                                 },
                                 [](const row_set& rows, std::size_t i) {
                                   return audit_token{~rows.number(i - 1, 0), rows.id(i - 1, 1)}.text();
                                 }});
}

void sql_store::read_schema(done<page<schema_row>> cb) {
  ask<page<schema_row>>(0, "read_schema", {statement::read_schema, {}}, std::move(cb), [](const row_set& rows) {
    page<schema_row> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
      out.rows.push_back({static_cast<int>(rows.number(i, 0)), rows.number(i, 1), rows.text(i, 2)});
    return out;
  });
}

} // namespace cadenza::storage::sql

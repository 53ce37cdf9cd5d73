#include "messages/invariant.hpp"
#include "storage/sql/postgres/endpoint.hpp"
#include "storage/sql/postgres/statements.hpp"

#include <poll.h>
#include <postgresql/libpq-fe.h>

#include <bitset>
#include <cstring>
#include <string_view>

/// A connection of lanes and readers: libpq in pipeline mode, prepared statements, everything binary.
namespace cadenza::storage::sql::postgres {

namespace {

using result_ptr = std::unique_ptr<PGresult, decltype(&PQclear)>;
using clock = std::chrono::steady_clock;

/// How statements are planned: through the primary keys always, whatever the server knows of tables that were empty a
/// moment ago. And nobody waits for ever: not a statement for a lock, not the server for a client that went away.
constexpr const char* session_settings =
    "SET statement_timeout = '30s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '20s';"
    "SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'error';"
    "SET client_encoding = 'UTF8';"
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;"
    "SET enable_mergejoin = off; SET jit = off";

unsigned element_oid(value_type type) {
  switch (type) {
  case value_type::int4: return 23;
  case value_type::int8: return 20;
  case value_type::bytes: return 17;
  case value_type::id: return 2950;
  case value_type::text: return 25;
  }
  return 0;
}

void put32(std::string& out, std::uint32_t bits) {
  for (int i = 3; i >= 0; --i)
    out.push_back(static_cast<char>(bits >> (8 * i)));
}

/// An array as PostgreSQL sends and takes it: dimensions, whether nulls are in it, the type, the size, the first index.
std::string array_of(const argument& column) {
  std::string out;
  out.reserve(20 + column.data().size());
  put32(out, 1);
  put32(out, column.has_null() ? 1 : 0);
  put32(out, element_oid(column.type()));
  put32(out, static_cast<std::uint32_t>(column.count()));
  put32(out, 1);
  out += column.data();
  return out;
}

row_set rows_of(const PGresult* result) {
  const int columns = PQnfields(result);
  row_set out(static_cast<std::size_t>(columns));
  for (int row = 0; row < PQntuples(result); ++row)
    for (int column = 0; column < columns; ++column)
      out.add({PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))},
              PQgetisnull(result, row, column) == 0);
  return out;
}

/// A condition: a division by zero, or a row where there must be none.
bool is_condition(std::string_view code) { return code == "22012" || code == "23505"; }
/// A deadlock, a conflict, or a wait for a lock that took too long.
bool is_passing(std::string_view code) { return code == "40P01" || code == "40001" || code == "55P03"; }

class link final : public connection {
public:
  link(raw_connection raw, const endpoint& to, const store_probes& probes)
    : raw_(std::move(raw)), answer_timeout_(to.answer_timeout), label_(to.label()),
      changed_(probes.connections_changed) {
    if (changed_)
      changed_(true);
  }
  ~link() override {
    if (changed_)
      changed_(false);
  }
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  /// False when the server does not take the settings.
  [[nodiscard]] bool prepare(std::string& trouble) {
    const result_ptr set(PQexec(raw_.get(), session_settings), PQclear);
    if (PQresultStatus(set.get()) != PGRES_COMMAND_OK) {
      trouble = PQerrorMessage(raw_.get());
      return false;
    }
    if (PQsetnonblocking(raw_.get(), 1) != 0 || PQenterPipelineMode(raw_.get()) != 1) {
      trouble = PQerrorMessage(raw_.get());
      return false;
    }
    return true;
  }

  exchange run(std::span<const step> steps) override {
    begin();
    for (const auto& one : steps)
      send(one);
    sync();
    exchange out;
    take(steps, out);
    return out;
  }

  std::vector<exchange> ask(std::span<const step> steps) override {
    begin();
    for (const auto& one : steps) {
      send(one);
      sync();
    }
    std::vector<exchange> out(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i)
      take(steps.subspan(i, 1), out[i]);
    return out;
  }

private:
  void begin() {
    deadline_ = clock::now() + answer_timeout_;
    preparing_.clear();
    next_preparing_ = 0;
  }

  void fail() { broken_ = true; }

  void send(const step& one) {
    const auto place = static_cast<std::size_t>(one.what);
    const auto name = "s" + std::to_string(place);
    const bool fresh = !prepared_[place] && !pending_[place];
    preparing_.push_back(fresh);
    if (broken_)
      return;
    if (fresh) {
      pending_[place] = true;
      if (PQsendPrepare(raw_.get(), name.c_str(), text_of(one.what), 0, nullptr) != 1)
        return fail();
    }
    std::vector<std::string> arrays;
    std::vector<const char*> values;
    std::vector<int> lengths;
    arrays.reserve(one.arguments.size());
    for (const auto& given : one.arguments) {
      if (given.is_column()) {
        arrays.push_back(array_of(given));
        values.push_back(arrays.back().data());
        lengths.push_back(static_cast<int>(arrays.back().size()));
      } else {
        values.push_back(given.data().data() + 4); // behind its length
        lengths.push_back(static_cast<int>(given.data().size()) - 4);
      }
    }
    const std::vector<int> formats(values.size(), 1);
    if (PQsendQueryPrepared(raw_.get(), name.c_str(), static_cast<int>(values.size()), values.data(), lengths.data(),
                            formats.data(), 1) != 1)
      fail();
  }

  void sync() {
    if (!broken_ && PQpipelineSync(raw_.get()) != 1)
      fail();
  }

  /// Sends what waits and takes what has come; false when the connection is lost.
  bool pump() {
    const int unsent = PQflush(raw_.get());
    if (unsent < 0)
      return false;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - clock::now()).count();
    if (left <= 0) {
      trouble_ = "no answer in time";
      return false;
    }
    pollfd waiting{PQsocket(raw_.get()), static_cast<short>(POLLIN | (unsent == 1 ? POLLOUT : 0)), 0};
    if (poll(&waiting, 1, static_cast<int>(left)) < 0)
      return errno == EINTR;
    return (waiting.revents & ~POLLOUT) == 0 || PQconsumeInput(raw_.get()) == 1;
  }

  /// The next result; null is one, too: the end of a statement's.
  bool next(result_ptr& into) {
    while (!broken_ && PQisBusy(raw_.get()) == 1)
      if (!pump())
        fail();
    if (broken_)
      return false;
    into.reset(PQgetResult(raw_.get()));
    return true;
  }

  void lose(exchange& out) {
    fail();
    out.how = ended::lost;
    out.rows.clear();
    if (out.message.empty())
      out.message = label_ + ": " + (trouble_.empty() ? std::string(PQerrorMessage(raw_.get())) : trouble_);
  }

  /// What a result says of its statement. False: the connection is lost.
  bool judge(const PGresult* result, std::size_t at, exchange& out) {
    if (out.how != ended::done)
      return true; // the first error counts
    const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    out.message = label_ + ": " + PQresultErrorMessage(result);
    while (!out.message.empty() && out.message.back() == '\n')
      out.message.pop_back();
    const bool fatal = severity != nullptr && std::strcmp(severity, "ERROR") != 0;
    if (code == nullptr || fatal || PQstatus(raw_.get()) != CONNECTION_OK)
      return false;
    out.failed_step = at;
    out.how = is_condition(code) ? ended::condition_failed : ended::refused;
    out.at_once = is_passing(code);
    return true;
  }

  /// Takes the results of these up to the end of their transaction.
  void take(std::span<const step> steps, exchange& out) {
    result_ptr result(nullptr, PQclear);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto place = static_cast<std::size_t>(steps[i].what);
      if (next_preparing_ < preparing_.size() && preparing_[next_preparing_++]) {
        if (!next(result))
          return lose(out);
        pending_[place] = false;
        prepared_[place] = PQresultStatus(result.get()) == PGRES_COMMAND_OK;
        if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR && !judge(result.get(), i, out))
          return lose(out);
        if (!next(result)) // null
          return lose(out);
      }
      if (!next(result))
        return lose(out);
      const auto how = PQresultStatus(result.get());
      if (how == PGRES_FATAL_ERROR && !judge(result.get(), i, out))
        return lose(out);
      if (how == PGRES_TUPLES_OK || how == PGRES_COMMAND_OK)
        out.rows.push_back(rows_of(result.get()));
      if (!next(result)) // null
        return lose(out);
    }
    if (!next(result))
      return lose(out);
    // Between the last statement and this the transaction was committed, or was not.
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
      if (!judge(result.get(), steps.size(), out))
        return lose(out);
      if (!next(result))
        return lose(out);
      if (result == nullptr && !next(result))
        return lose(out);
    }
    if (PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC)
      return lose(out);
    if (out.how != ended::done)
      out.rows.clear();
  }

  raw_connection raw_;
  const std::chrono::seconds answer_timeout_;
  const std::string label_;
  const std::function<void(bool)> changed_;
  clock::time_point deadline_;
  std::bitset<statement_count> prepared_;
  std::bitset<statement_count> pending_; ///< being prepared by what was sent last
  std::vector<bool> preparing_;          ///< of the steps sent last: whether a preparation goes before it
  std::size_t next_preparing_ = 0;
  std::string trouble_;
  bool broken_ = false;
};

} // namespace

connector connector_to(const endpoint& to, const store_probes& probes) {
  return [to, probes]() -> outcome<std::unique_ptr<connection>> {
    auto raw = connect(to);
    if (!raw) {
      if (probes.connection_failed)
        probes.connection_failed();
      return raw.error();
    }
    auto made = std::make_unique<link>(*std::move(raw), to, probes);
    std::string trouble;
    if (!made->prepare(trouble)) {
      if (probes.connection_failed)
        probes.connection_failed();
      return unavailable(to.label() + ": " + trouble);
    }
    return std::unique_ptr<connection>(std::move(made));
  };
}

} // namespace cadenza::storage::sql::postgres

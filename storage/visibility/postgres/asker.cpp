#include "storage/visibility/postgres/asker.hpp"

#include "messages/invariant.hpp"

#include <postgresql/libpq-fe.h>

#include <string_view>

namespace cadenza::storage::visibility::postgres {
namespace {

using result_ptr = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// A statement that broke with its connection is sent again on another one, so often.
constexpr int attempts_max = 3;

std::string without_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  return text;
}

sql::row_set rows_of(const PGresult* result) {
  const int columns = PQnfields(result);
  sql::row_set out(static_cast<std::size_t>(columns));
  for (int row = 0; row < PQntuples(result); ++row)
    for (int column = 0; column < columns; ++column)
      out.add({PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))},
              PQgetisnull(result, row, column) == 0);
  return out;
}

error error_of(const PGresult* result, const std::string& label) {
  const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = code == nullptr ? "" : code;
  const auto text = label + ": " + without_end(PQresultErrorMessage(result));
  if (state == "57014")
    return limit_exceeded("The query needs too much work; narrow it down.");
  if (state == "XX001" || state == "XX002")
    return {error_kind::internal_data_inconsistency, text};
  return unavailable(text);
}

} // namespace

asker::asker(sql::postgres::endpoint at, std::chrono::milliseconds longest, store_probes probes)
  : at_(std::move(at)), longest_(longest), probes_(std::move(probes)) {}

asker::~asker() { drop(); }

void asker::drop() {
  if (link_ && probes_.connections_changed)
    probes_.connections_changed(false);
  link_.reset();
}

outcome<void> asker::connect() {
  if (link_)
    return {};
  auto made = sql::postgres::connect(at_);
  if (!made) {
    if (probes_.connection_failed)
      probes_.connection_failed();
    return made.error();
  }
  const auto settings = "SET statement_timeout = " + std::to_string(longest_.count()) +
                        "; SET lock_timeout = '10s'; SET client_min_messages = 'error'; SET client_encoding = 'UTF8';"
                        " SET default_transaction_read_only = on; SET jit = off";
  const result_ptr set(PQexec(made->get(), settings.c_str()), PQclear);
  if (PQresultStatus(set.get()) != PGRES_COMMAND_OK)
    return unavailable(at_.label() + ": " + without_end(PQerrorMessage(made->get())));
  link_ = *std::move(made);
  if (probes_.connections_changed)
    probes_.connections_changed(true);
  return {};
}

bool asker::send(const built_sql& what) {
  CADENZA_ASSERT(link_ != nullptr, "who asks a database is connected");
  std::vector<const char*> values;
  values.reserve(what.values.size());
  for (const auto& value : what.values)
    values.push_back(value ? value->c_str() : nullptr);
  return PQsendQueryParams(link_.get(), what.sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                           nullptr, nullptr, 1) == 1;
}

outcome<sql::row_set> asker::take(bool& lost) {
  CADENZA_ASSERT(link_ != nullptr, "who takes an answer has asked");
  result_ptr result(PQgetResult(link_.get()), PQclear);
  while (auto* more = PQgetResult(link_.get()))
    PQclear(more);
  lost = result == nullptr || PQstatus(link_.get()) != CONNECTION_OK;
  if (lost) {
    auto why = unavailable(at_.label() + ": " + without_end(PQerrorMessage(link_.get())));
    drop();
    return why;
  }
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK)
    return error_of(result.get(), at_.label());
  return rows_of(result.get());
}

outcome<std::vector<sql::row_set>> ask_all(std::span<asker> all, std::span<const built_sql> questions) {
  CADENZA_ASSERT(all.size() == questions.size(), "each database is asked its own question");
  outcome<std::vector<sql::row_set>> out = unavailable("no database was asked");
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    for (auto& one : all)
      if (const auto connected = one.connect(); !connected)
        return connected.error();
    for (std::size_t i = 0; i < all.size(); ++i)
      static_cast<void>(all[i].send(questions[i])); // what was not sent is not answered, which is told below
    bool again = false;
    std::optional<error> trouble;
    std::vector<sql::row_set> rows;
    for (auto& one : all) { // each is listened to, so that none keeps an answer for the next question
      bool lost = false;
      auto answer = one.take(lost);
      again = again || lost;
      if (answer)
        rows.push_back(*std::move(answer));
      else if (!trouble)
        trouble = answer.error();
    }
    if (!trouble)
      return rows;
    out = *trouble;
    if (!again)
      break;
  }
  return out;
}

} // namespace cadenza::storage::visibility::postgres

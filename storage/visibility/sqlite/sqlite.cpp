#include "storage/visibility/sqlite/sqlite.hpp"

#include "messages/invariant.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <sqlite3.h>

#include <utility>

namespace cadenza::storage::visibility {
namespace {

/// How many machine steps pass between two looks at the budget.
constexpr int steps_between_looks = 10'000;

int spend_steps(void* left) {
  auto& budget = *static_cast<std::int64_t*>(left);
  budget -= steps_between_looks;
  return budget < 0 ? 1 : 0;
}

bool means_damage(int code) {
  switch (code) {
  case SQLITE_IOERR_SHORT_READ:
  case SQLITE_IOERR_CORRUPTFS:
  case SQLITE_IOERR_DATA: return true;
  default: return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
  }
}

void (*write_log)(bool serious, std::string_view text) = nullptr; ///< set before SQLite begins, read ever after

void log_line(void*, int code, const char* text) {
  switch (code & 0xff) {
  case SQLITE_NOTICE:
  case SQLITE_ERROR:
  case SQLITE_CONSTRAINT:
  case SQLITE_SCHEMA:
  case SQLITE_INTERRUPT: return write_log(false, text);
  default: return write_log(true, text);
  }
}

} // namespace

error sqlite_error(int code, std::string_view during, std::string_view detail) {
  std::string text = "visibility store: ";
  text += during;
  text += ": ";
  text += detail;
  if (means_damage(code))
    return {error_kind::internal_data_inconsistency, text + " (the database is damaged and must be rebuilt)"};
  switch (code & 0xff) {
  case SQLITE_INTERRUPT: return limit_exceeded("The query needs too much work; narrow it down.");
  case SQLITE_FULL:
  case SQLITE_IOERR:
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
  case SQLITE_NOMEM: return unavailable(std::move(text));
  default: return internal_error(std::move(text));
  }
}

statement::statement(sqlite3_stmt* raw) : raw_(raw) {}

void statement::finalizer::operator()(sqlite3_stmt* raw) const { sqlite3_finalize(raw); }

void statement::note(int code) {
  if (code != SQLITE_OK && bind_code_ == SQLITE_OK)
    bind_code_ = code;
}

statement& statement::bind(int index, std::int64_t value) {
  note(sqlite3_bind_int64(raw_.get(), index, value));
  return *this;
}

statement& statement::bind(int index, double value) {
  note(sqlite3_bind_double(raw_.get(), index, value));
  return *this;
}

statement& statement::bind_text(int index, std::string_view value) {
  // A null pointer would bind NULL instead of an empty text.
  note(sqlite3_bind_text64(raw_.get(), index, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC,
                           SQLITE_UTF8));
  return *this;
}

statement& statement::bind_blob(int index, std::string_view value) {
  note(sqlite3_bind_blob64(raw_.get(), index, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC));
  return *this;
}

statement& statement::bind_null(int index) {
  note(sqlite3_bind_null(raw_.get(), index));
  return *this;
}

statement& statement::bind(int index, const sql_value& value) {
  switch (value.index()) {
  case 1: return bind(index, std::get<1>(value));
  case 2: return bind(index, std::get<2>(value));
  case 3: return bind_text(index, std::get<3>(value));
  case 4: return bind_blob(index, std::get<4>(value).bytes);
  default: return bind_null(index);
  }
}

outcome<bool> statement::step() {
  CADENZA_ASSERT(raw_, "a statement is prepared before it runs");
  int code = bind_code_;
  if (code == SQLITE_OK) {
    code = sqlite3_step(raw_.get());
    if (code == SQLITE_ROW)
      return true;
    if (code == SQLITE_DONE)
      return false;
    code = sqlite3_extended_errcode(sqlite3_db_handle(raw_.get()));
  }
  return sqlite_error(code, "executing", sqlite3_errmsg(sqlite3_db_handle(raw_.get())));
}

outcome<void> statement::run() {
  const auto row = step();
  reset();
  if (!row)
    return row.error();
  return {};
}

void statement::reset() {
  // The result repeats the failure that step() has already reported.
  static_cast<void>(sqlite3_reset(raw_.get()));
  static_cast<void>(sqlite3_clear_bindings(raw_.get()));
  bind_code_ = SQLITE_OK;
}

bool statement::null(int column) const { return sqlite3_column_type(raw_.get(), column) == SQLITE_NULL; }

std::int64_t statement::number(int column) const { return sqlite3_column_int64(raw_.get(), column); }

std::string_view statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(raw_.get(), column));
  return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(raw_.get(), column))};
}

std::string_view statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw_.get(), column));
  return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(raw_.get(), column))};
}

sql_value statement::value(int column) const {
  switch (sqlite3_column_type(raw_.get(), column)) {
  case SQLITE_INTEGER: return number(column);
  case SQLITE_FLOAT: return sqlite3_column_double(raw_.get(), column);
  case SQLITE_TEXT: return std::string{text(column)};
  case SQLITE_BLOB: return blob_value{std::string{blob(column)}};
  default: return std::monostate{};
  }
}

void connection::closer::operator()(sqlite3* raw) const { sqlite3_close_v2(raw); }

outcome<connection> connection::open(const std::string& path, open_mode mode) {
  const int access = mode == open_mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.empty() ? ":memory:" : path.c_str(), &raw,
                                   access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  connection opened;
  opened.raw_.reset(raw);
  if (code != SQLITE_OK)
    return sqlite_error(code, "opening " + path, raw == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(raw));
  opened.steps_left_ = std::make_unique<std::int64_t>(0);
  // Only a checkpoint that meets a reader can find the file busy, and never for long.
  sqlite3_busy_timeout(raw, 5000);
  return opened;
}

outcome<statement> connection::prepare(std::string_view sql, bool keep) {
  CADENZA_ASSERT(raw_, "statements are prepared on an open connection");
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(raw_.get(), sql.data(), static_cast<int>(sql.size()),
                                      keep ? SQLITE_PREPARE_PERSISTENT : 0, &raw, nullptr);
  if (code != SQLITE_OK)
    return sqlite_error(code, "preparing", sqlite3_errmsg(raw_.get()));
  CADENZA_ASSERT(raw != nullptr, "a statement says something: " + std::string(sql));
  return statement{raw};
}

outcome<void> connection::execute(const char* sql) {
  const int code = sqlite3_exec(raw_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    return sqlite_error(code, sql, sqlite3_errmsg(raw_.get()));
  return {};
}

outcome<sql_value> connection::ask(std::string_view sql) {
  auto question = prepare(sql, false);
  if (!question)
    return question.error();
  const auto row = question->step();
  if (!row)
    return row.error();
  return *row ? question->value(0) : sql_value{};
}

std::int64_t connection::last_row_id() const { return sqlite3_last_insert_rowid(raw_.get()); }

outcome<void> connection::sync() {
  // With synchronous=NORMAL a commit only appends to the write-ahead log, so syncing that one file makes every commit
  // durable without the random page writes of a checkpoint. A checkpoint syncs the log by itself before it reuses it.
  sqlite3_file* log = nullptr;
  int code = sqlite3_file_control(raw_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (code == SQLITE_OK && log != nullptr && log->pMethods != nullptr)
    code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  if (code != SQLITE_OK)
    return sqlite_error(code, "syncing", sqlite3_errstr(code));
  return {};
}

void connection::allow_steps(std::int64_t steps) {
  *steps_left_ = steps;
  sqlite3_progress_handler(raw_.get(), steps > 0 ? steps_between_looks : 0, spend_steps, steps_left_.get());
}

outcome<transaction> transaction::begin(connection& on) {
  CADENZA_TRY(on.execute("BEGIN IMMEDIATE"));
  return transaction{on};
}

transaction::transaction(transaction&& other) noexcept : on_(std::exchange(other.on_, nullptr)) {}

transaction::~transaction() {
  // A failure that made SQLite roll back by itself leaves nothing to roll back.
  if (on_ != nullptr && sqlite3_get_autocommit(on_->raw()) == 0)
    static_cast<void>(on_->execute("ROLLBACK"));
}

outcome<void> transaction::commit() {
  CADENZA_ASSERT(on_ != nullptr, "a transaction of the lists is committed once");
  CADENZA_TRY(on_->execute("COMMIT"));
  on_ = nullptr;
  return {};
}

} // namespace cadenza::storage::visibility

namespace cadenza::storage {

void set_visibility_log(void (*write)(bool serious, std::string_view text)) {
  visibility::write_log = write;
  sqlite3_config(SQLITE_CONFIG_LOG, visibility::log_line, nullptr);
}

} // namespace cadenza::storage

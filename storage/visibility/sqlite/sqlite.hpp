#pragma once

#include "messages/outcome.hpp"
#include "storage/visibility/rows/sql_value.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// A thin layer over SQLite: handles that free themselves, and errors as values.
namespace cadenza::storage::visibility {

/// Says what a result code of SQLite means to a caller of the store.
[[nodiscard]] error sqlite_error(int code, std::string_view during, std::string_view detail);

/// A prepared statement. Bound text and blobs are not copied: they must live until `reset()`.
class statement {
public:
  statement() = default;
  explicit statement(sqlite3_stmt* raw);

  statement& bind(int index, std::int64_t value);
  statement& bind(int index, double value);
  statement& bind_text(int index, std::string_view value);
  statement& bind_blob(int index, std::string_view value);
  statement& bind_null(int index);
  statement& bind(int index, const sql_value& value);

  /// True when there is a row to read. Reports also what went wrong while binding.
  [[nodiscard]] outcome<bool> step();

  /// Runs a statement that returns no rows, and resets it.
  [[nodiscard]] outcome<void> run();

  /// Makes ready for the next use; forgets the bound values.
  void reset();

  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string_view text(int column) const; ///< until the next step or reset
  [[nodiscard]] std::string_view blob(int column) const; ///< until the next step or reset
  [[nodiscard]] sql_value value(int column) const;

  [[nodiscard]] explicit operator bool() const { return raw_ != nullptr; }

private:
  struct finalizer {
    void operator()(sqlite3_stmt* raw) const;
  };

  void note(int code);

  std::unique_ptr<sqlite3_stmt, finalizer> raw_;
  int bind_code_ = 0; ///< the first binding that failed
};

/// Resets a statement when a scope ends, however it ends.
class reset_guard {
public:
  explicit reset_guard(statement& target) : target_(target) {}
  ~reset_guard() { target_.reset(); }
  reset_guard(const reset_guard&) = delete;
  reset_guard& operator=(const reset_guard&) = delete;

private:
  statement& target_;
};

enum class open_mode { read_write, read_only };

/// One connection; for one thread at a time.
class connection {
public:
  /// `path` "" opens a database in memory.
  [[nodiscard]] static outcome<connection> open(const std::string& path, open_mode mode);

  [[nodiscard]] outcome<statement> prepare(std::string_view sql, bool keep);

  /// Runs statements that take no parameters and whose rows nobody wants.
  [[nodiscard]] outcome<void> execute(const char* sql);

  /// The first column of the first row.
  [[nodiscard]] outcome<sql_value> ask(std::string_view sql);

  [[nodiscard]] std::int64_t last_row_id() const;

  /// Waits until what was committed is on disk.
  [[nodiscard]] outcome<void> sync();

  /// How much work the statements may do until the next call, in steps of SQLite's machine; 0: any.
  void allow_steps(std::int64_t steps);

  [[nodiscard]] sqlite3* raw() const { return raw_.get(); }

private:
  struct closer {
    void operator()(sqlite3* raw) const;
  };

  std::unique_ptr<sqlite3, closer> raw_;
  std::unique_ptr<std::int64_t> steps_left_; ///< stable address: SQLite holds a pointer to it
};

/// Rolls back when its scope ends without a commit.
class transaction {
public:
  [[nodiscard]] static outcome<transaction> begin(connection& on);
  transaction(transaction&& other) noexcept;
  transaction& operator=(transaction&&) = delete;
  ~transaction();

  [[nodiscard]] outcome<void> commit();

private:
  explicit transaction(connection& on) : on_(&on) {}
  connection* on_;
};

} // namespace cadenza::storage::visibility

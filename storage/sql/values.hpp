#pragma once

#include "messages/uuid.hpp"
#include "storage/sql/statements.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What travels to a database and back, whichever it is: every value as its length (four bytes, -1 for none) and its
/// bytes, numbers with their highest byte first.
namespace cadenza::storage::sql {

/// `text` is UTF-8 without zeros, `bytes` anything.
enum class value_type : std::uint8_t { int4, int8, bytes, id, text };

/// One argument of a statement: a value, or a column of them.
class argument {
public:
  explicit argument(value_type type, bool column = true) : type_(type), column_(column) {}

  /// As four or eight bytes, whichever the type says.
  void add(std::int64_t value);
  void add(std::string_view value);
  void add(const std::string& value) { add(std::string_view(value)); }
  void add(const uuid& value);
  void add(const std::optional<std::int64_t>& value) { value ? add(*value) : add_null(); }
  void add_null();

  [[nodiscard]] value_type type() const { return type_; }
  [[nodiscard]] bool is_column() const { return column_; }
  [[nodiscard]] bool has_null() const { return has_null_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::string& data() const { return data_; } ///< length and bytes, value by value

  [[nodiscard]] static argument number(std::int32_t value);
  [[nodiscard]] static argument large(std::int64_t value);
  [[nodiscard]] static argument text(std::string_view value);
  [[nodiscard]] static argument of(const uuid& value);

private:
  void put_size(std::int64_t size);

  value_type type_;
  bool column_;
  bool has_null_ = false;
  std::size_t count_ = 0;
  std::string data_;
};

/// A statement to be carried out, with its arguments.
struct step {
  statement what{};
  std::vector<argument> arguments{};
};

/// Gathers rows for a statement that takes a column per field.
class row_batch {
public:
  row_batch(statement what, std::initializer_list<value_type> fields) : what_(what) {
    for (const auto type : fields)
      columns_.emplace_back(type);
  }

  template <class... Values> void add(const Values&... values) {
    std::size_t field = 0;
    (columns_[field++].add(values), ...);
  }
  /// A row whose last field is none.
  template <class... Values> void add_without_last(const Values&... values) {
    add(values...);
    columns_.back().add_null();
  }

  [[nodiscard]] bool empty() const { return columns_.front().count() == 0; }
  /// Appends the statement unless there is no row.
  void move_to(std::vector<step>& out) {
    if (!empty())
      out.push_back({what_, std::move(columns_)});
  }

private:
  statement what_;
  std::vector<argument> columns_;
};

/// The rows that a statement answered with.
class row_set {
public:
  row_set() = default;
  explicit row_set(std::size_t columns) : columns_(columns) {}

  /// Field by field, row by row; a null has `present` false.
  void add(std::string_view value, bool present = true);

  [[nodiscard]] std::size_t size() const { return columns_ == 0 ? 0 : fields_.size() / columns_; }
  [[nodiscard]] bool empty() const { return fields_.empty(); }
  [[nodiscard]] bool has(std::size_t row, std::size_t column) const { return at(row, column).present; }
  /// Of two, four or eight bytes; 0 for none.
  [[nodiscard]] std::int64_t number(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::string_view bytes(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::string text(std::size_t row, std::size_t column) const { return std::string(bytes(row, column)); }
  [[nodiscard]] uuid id(std::size_t row, std::size_t column) const { return uuid::from_raw(bytes(row, column)); }

private:
  struct field {
    std::size_t begin = 0;
    std::size_t size = 0;
    bool present = false;
  };
  [[nodiscard]] const field& at(std::size_t row, std::size_t column) const { return fields_[row * columns_ + column]; }

  std::size_t columns_ = 0;
  std::vector<field> fields_;
  std::string bytes_;
};

} // namespace cadenza::storage::sql

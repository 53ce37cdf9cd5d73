#pragma once

#include "config/options.hpp"
#include "config/problems.hpp"
#include "config/tree.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cadenza::config {

/// The table of options as a tree of keys, to walk beside a document. Immutable; made once.
struct schema {
  std::vector<std::pair<std::string, std::unique_ptr<schema>>> children{};
  const option* leaf = nullptr;

  /// The child of that name, else the one that stands for any name, else null.
  [[nodiscard]] const schema* find(std::string_view key) const;
  [[nodiscard]] const schema* exact(std::string_view key) const;

  [[nodiscard]] static const schema& root();
};

/// Compares a document with the table: unknown keys, wrong types, values out of range.
void check(const tree& document, problems& out);

/// Options read by the code so far; a test compares them with the table.
using trace = std::set<const option*>;

/// Reads options of a document that `check` found nothing wrong with. Keys are relative to where the reader stands and
/// must be in the table with the kind that is asked for. The document must outlive the reader.
class reader {
public:
  explicit reader(const tree& document, trace* asked = nullptr) : reader(&document, &schema::root(), {}, asked) {}

  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  [[nodiscard]] int small(std::string_view key) const { return static_cast<int>(integer(key)); }
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] std::chrono::nanoseconds duration(std::string_view key) const;
  [[nodiscard]] std::int64_t bytes(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
  [[nodiscard]] std::map<std::string, std::string> map(std::string_view key) const;

  /// Whether the document says anything about it.
  [[nodiscard]] bool given(std::string_view key) const;
  /// The reader of a section, whether the document has it or not.
  [[nodiscard]] reader at(std::string_view key) const;
  /// The names a user chose in this section (those that `*` stands for), with a reader for each.
  [[nodiscard]] std::vector<std::pair<std::string, reader>> named() const;
  /// A reader for each item of a section that is a list.
  [[nodiscard]] std::vector<reader> items() const;
  /// "file:line:column: key", of an option or (empty key) of this section.
  [[nodiscard]] std::string where(std::string_view key = {}) const;

private:
  reader(const tree* here, const schema* rules, std::string path, trace* asked)
    : here_(here), rules_(rules), path_(std::move(path)), asked_(asked) {}
  [[nodiscard]] const option& rule(std::string_view key) const;
  [[nodiscard]] std::string value(std::string_view key) const;

  const tree* here_;
  const schema* rules_;
  std::string path_;
  trace* asked_;
};

/// The document with the defaults of everything that the server acts on filled in, in the order of the table; secrets
/// show as "***".
[[nodiscard]] tree effective(const tree& document);

} // namespace cadenza::config

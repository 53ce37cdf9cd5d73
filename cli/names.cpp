#include "cli/names.hpp"

#include "findings/words.hpp"

#include "google/protobuf/descriptor.h"

#include <cctype>

namespace cadenza::cli {

namespace {

std::string camel(std::string_view snake, bool upper_first, std::string_view id) {
  std::string result;
  std::size_t start = 0;
  while (start < snake.size()) {
    const auto end = std::min(snake.find('_', start), snake.size());
    auto word = std::string{snake.substr(start, end - start)};
    if (word == "id" && !result.empty())
      word = id;
    else if (word == "uri" && !result.empty())
      word = "URI";
    else if (!word.empty() && (upper_first || !result.empty()))
      word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
    result += word;
    start = end + 1;
  }
  return result;
}

std::string with_unit(std::string name, const google::protobuf::FieldDescriptor& field) {
  if (field.message_type() == nullptr || field.message_type()->full_name() != "google.protobuf.Duration")
    return name;
  return name + (name.ends_with("Interval") ? "InSeconds" : "Seconds");
}

} // namespace

std::string title_name(const google::protobuf::FieldDescriptor& field) {
  return with_unit(camel(field.name(), true, "ID"), field);
}

std::string json_name(const google::protobuf::FieldDescriptor& field) {
  return with_unit(camel(field.name(), false, "Id"), field);
}

std::string enum_name(const google::protobuf::EnumValueDescriptor& value) { return findings::enum_name(value); }

std::string json_key(std::string_view column) {
  const auto upper = [&column](std::size_t i) { return std::isupper(static_cast<unsigned char>(column[i])) != 0; };
  if (column.empty() || !upper(0))
    return std::string{column};
  std::string key;
  bool starts = false; // a word starts here
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (column[i] == ' ' || column[i] == '_') {
      starts = true;
      continue;
    }
    // "ID" ends where a small letter follows its last capital: "URIList" is two words.
    const bool next_small = i + 1 < column.size() && std::islower(static_cast<unsigned char>(column[i + 1])) != 0;
    starts = starts || (i > 0 && upper(i) && (!upper(i - 1) || next_small));
    const auto letter = static_cast<unsigned char>(column[i]);
    key += static_cast<char>(starts && !key.empty() ? std::toupper(letter) : std::tolower(letter));
    starts = false;
  }
  return key;
}

std::string event_name(std::string_view attributes_field) {
  constexpr std::string_view suffix = "_event_attributes";
  if (attributes_field.ends_with(suffix))
    attributes_field.remove_suffix(suffix.size());
  return camel(attributes_field, true, "ID");
}

} // namespace cadenza::cli

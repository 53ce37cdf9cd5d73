#include "findings/words.hpp"

#include "messages/base64.hpp"
#include "messages/utf8.hpp"

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "uber/cadence/api/v1/history.pb.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace cadenza::findings {

namespace {

namespace pb = google::protobuf;
namespace api = uber::cadence::api::v1;

constexpr std::size_t shown_max = 400;
constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

/// "activity_task_failed" → "ActivityTaskFailed".
std::string camel(std::string_view snake) {
  std::string out;
  bool starts = true;
  for (const char letter : snake) {
    if (letter == '_')
      starts = true;
    else
      out += starts ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
    starts = letter == '_';
  }
  return out;
}

/// Details as people read them: a text that was encoded as JSON without its quotes and escapes.
std::string details_text(const std::string& bytes) {
  if (!bytes.empty() && bytes.front() == '"')
    if (const auto value = nlohmann::json::parse(bytes, nullptr, false); value.is_string())
      return value.get<std::string>();
  return payload_text(bytes);
}

void add(std::string& text, const std::string& part) {
  if (!part.empty())
    text.append(text.empty() ? "" : ": ").append(part);
}

const pb::Message* attributes_of(const api::HistoryEvent& event) {
  const auto& reflection = *event.GetReflection();
  const auto* field =
      reflection.GetOneofFieldDescriptor(event, api::HistoryEvent::descriptor()->FindOneofByName("attributes"));
  return field == nullptr ? nullptr : &reflection.GetMessage(event, field);
}

/// The name of an enum field's value, "" when the message has no such field or it is not set.
std::string enum_text(const pb::Message& message, const char* field_name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(field_name);
  if (field == nullptr || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_ENUM)
    return {};
  const auto* value = message.GetReflection()->GetEnum(message, field);
  return value->number() == 0 ? std::string{} : enum_name(*value);
}

/// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> now(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replace = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replace});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[right.size()];
}

} // namespace

std::string event_type(const api::HistoryEvent& event) {
  const auto* choice = api::HistoryEvent::descriptor()->FindOneofByName("attributes");
  const auto* field = event.GetReflection()->GetOneofFieldDescriptor(event, choice);
  if (field == nullptr)
    return "Unknown";
  std::string_view name = field->name();
  name.remove_suffix(std::string_view("_event_attributes").size());
  return camel(name);
}

std::string enum_name(const google::protobuf::EnumValueDescriptor& value) {
  // The prefix is the type's own name in capitals: WorkflowExecutionCloseStatus → WORKFLOW_EXECUTION_CLOSE_STATUS_.
  std::string prefix;
  const auto& type = value.type()->name();
  for (std::size_t i = 0; i < type.size(); ++i) {
    const auto letter = static_cast<unsigned char>(type[i]);
    const bool word_start =
        i > 0 && std::isupper(letter) != 0 && std::islower(static_cast<unsigned char>(type[i - 1])) != 0;
    prefix += (word_start ? "_" : "") + std::string(1, static_cast<char>(std::toupper(letter)));
  }
  prefix += '_';
  std::string name = value.name().starts_with(prefix) ? value.name().substr(prefix.size()) : value.name();
  if (type != "WorkflowIdReusePolicy" && type != "ContinueAsNewInitiator")
    return name;
  for (auto& letter : name)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return camel(name);
}

std::string failure_text(const api::Failure& failure) {
  auto text = failure.reason();
  add(text, details_text(failure.details()));
  return cut(text, shown_max);
}

std::string failure_text(const api::HistoryEvent& event) {
  const auto type = event_type(event);
  const auto* attributes = attributes_of(event);
  if (attributes == nullptr || (type.find("Failed") == std::string::npos && !type.ends_with("TimedOut")))
    return {};
  auto text = enum_text(*attributes, "cause");
  add(text, enum_text(*attributes, "timeout_type"));
  if (const auto* field = attributes->GetDescriptor()->FindFieldByName("failure"))
    if (const auto* failure =
            dynamic_cast<const api::Failure*>(&attributes->GetReflection()->GetMessage(*attributes, field)))
      add(text, failure_text(*failure));
  if (const auto* field = attributes->GetDescriptor()->FindFieldByName("reason");
      field != nullptr && field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING)
    add(text, attributes->GetReflection()->GetString(*attributes, field));
  return cut(text, shown_max);
}

std::string payload_text(const std::string& bytes) {
  const auto printable = [](char letter) {
    return static_cast<unsigned char>(letter) >= 0x20 || letter == '\n' || letter == '\t' || letter == '\r';
  };
  if (!std::all_of(bytes.begin(), bytes.end(), printable) || !utf8::valid(bytes))
    return "base64:" + to_base64(bytes);
  return bytes.ends_with('\n') ? bytes.substr(0, bytes.size() - 1) : bytes;
}

std::string cut(const std::string& text, std::size_t length_max) {
  if (length_max == 0 || text.size() <= length_max)
    return text;
  return std::string(utf8::head(text, length_max / 2)).append(" ... ").append(utf8::tail(text, length_max / 2));
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  auto text = std::to_string(count) + " ";
  if (count == 1)
    return text.append(one);
  return many.empty() ? text.append(one).append("s") : text.append(many);
}

std::string span_text(std::int64_t seconds) {
  const auto two = [](std::int64_t great, const char* great_name, std::int64_t small, const char* small_name) {
    auto text = std::to_string(great) + great_name;
    return small == 0 ? text : text + " " + std::to_string(small) + small_name;
  };
  if (seconds < minute)
    return std::to_string(std::max<std::int64_t>(seconds, 0)) + "s";
  if (seconds < hour)
    return two(seconds / minute, "m", seconds % minute, "s");
  if (seconds < day)
    return two(seconds / hour, "h", seconds % hour / minute, "m");
  return two(seconds / day, "d", seconds % day / hour, "h");
}

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 3)) + 1;
  for (const auto& candidate : candidates) {
    // A full word of which the start was typed counts as one edit: nobody types "descr" for anything else.
    const bool start = word.size() >= 3 && candidate.starts_with(word);
    const auto edits = start ? 1 : distance(word, candidate);
    if (edits < best_distance) {
      best_distance = edits;
      best = candidate;
    }
  }
  return best;
}

} // namespace cadenza::findings

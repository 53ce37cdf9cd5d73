#include "actors/base/task_token.hpp"

#include "actors/base/json_object.hpp"
#include "messages/json_text.hpp"

#include <charconv>

namespace cadenza::actors {

namespace {

void member(std::string& to, std::string_view key, std::string_view value) {
  to += key;
  append_json_string(to, value);
}

void member(std::string& to, std::string_view key, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  to += key;
  to.append(digits, end);
}

error malformed() {
  return {error_kind::unknown, "the task token cannot be read: it is no JSON object with the members of a token"};
}

/// Ids travel as text; "" is none. A token without a domain is refused with the words `without`.
outcome<void> set_ids(const std::string& domain_id, const std::string& run_id, const char* without, uuid& domain,
                      std::optional<uuid>& run) {
  if (domain_id.empty())
    return bad_request(without);
  const auto id = uuid::parse(domain_id);
  if (!id)
    return no_domain(domain_id);
  domain = *id;
  if (run_id.empty())
    return {};
  run = uuid::parse(run_id);
  if (!run)
    return bad_request("RunID is not valid UUID.");
  return {};
}

std::string text_of(const std::optional<uuid>& id) { return id ? id->str() : std::string(); }

} // namespace

std::string encode(const task_token& token) {
  std::string text;
  text.reserve(240 + token.workflow_id.size() + token.workflow_type.size() + token.activity_id.size() +
               token.activity_type.size());
  member(text, "{\"domainId\":", token.domain_id.str());
  member(text, ",\"workflowId\":", token.workflow_id);
  member(text, ",\"workflowType\":", token.workflow_type);
  member(text, ",\"runId\":", text_of(token.run_id));
  member(text, ",\"scheduleId\":", token.schedule_id);
  member(text, ",\"scheduleAttempt\":", token.schedule_attempt);
  member(text, ",\"activityId\":", token.activity_id);
  member(text, ",\"activityType\":", token.activity_type);
  text += '}';
  return text;
}

std::string encode(const query_token& token) {
  std::string text;
  text.reserve(200 + token.workflow_id.size() + token.task_list.size() + token.task_id.size());
  member(text, "{\"domainId\":", token.domain_id.str());
  member(text, ",\"workflowId\":", token.workflow_id);
  member(text, ",\"runId\":", text_of(token.run_id));
  member(text, ",\"taskList\":", token.task_list);
  member(text, ",\"taskId\":", token.task_id);
  text += '}';
  return text;
}

outcome<task_token> decode_task_token(std::string_view text) {
  task_token token;
  std::string domain_id;
  std::string run_id;
  json_object_reader reader(text);
  while (const auto key = reader.next_key()) {
    if (*key == "domainId")
      reader.read(domain_id);
    else if (*key == "workflowId")
      reader.read(token.workflow_id);
    else if (*key == "workflowType")
      reader.read(token.workflow_type);
    else if (*key == "runId")
      reader.read(run_id);
    else if (*key == "scheduleId")
      reader.read(token.schedule_id);
    else if (*key == "scheduleAttempt")
      reader.read(token.schedule_attempt);
    else if (*key == "activityId")
      reader.read(token.activity_id);
    else if (*key == "activityType")
      reader.read(token.activity_type);
    else
      reader.skip();
  }
  if (!reader.complete())
    return malformed();
  CADENZA_TRY(set_ids(domain_id, run_id, "Domain not set on request.", token.domain_id, token.run_id));
  return token;
}

outcome<query_token> decode_query_token(std::string_view text) {
  query_token token;
  std::string domain_id;
  std::string run_id;
  json_object_reader reader(text);
  while (const auto key = reader.next_key()) {
    if (*key == "domainId")
      reader.read(domain_id);
    else if (*key == "workflowId")
      reader.read(token.workflow_id);
    else if (*key == "runId")
      reader.read(run_id);
    else if (*key == "taskList")
      reader.read(token.task_list);
    else if (*key == "taskId")
      reader.read(token.task_id);
    else
      reader.skip();
  }
  if (!reader.complete())
    return malformed();
  CADENZA_TRY(set_ids(domain_id, run_id, "Invalid TaskToken.", token.domain_id, token.run_id));
  return token;
}

} // namespace cadenza::actors

#include "actors/history/history_token.hpp"

#include "actors/base/json_object.hpp"
#include "actors/history/token_check.hpp"
#include "messages/base64.hpp"
#include "messages/json_text.hpp"

namespace cadenza::actors {

namespace {

std::string unchecked(const history_token& token) {
  std::string out = "{\"runId\":";
  append_json_string(out, token.run_id);
  out += ",\"firstEventId\":" + std::to_string(token.first_event_id) +
         ",\"nextEventId\":" + std::to_string(token.next_event_id) + ",\"isRunning\":" + (token.running ? "1" : "0");
  out += ",\"branchToken\":";
  append_json_string(out, to_base64(token.branch));
  out += ",\"transientDecision\":";
  append_json_string(out, to_base64(token.synthetic));
  return out;
}

} // namespace

std::string encode(const history_token& token) { return with_check_sum(unchecked(token)); }

outcome<history_token> decode_history_token(const std::string& text) {
  history_token token;
  std::int64_t running = 0;
  std::string branch;
  std::string synthetic;
  std::int64_t sum = -1;
  json_object_reader in(text);
  while (const auto key = in.next_key()) {
    if (*key == "runId")
      in.read(token.run_id);
    else if (*key == "firstEventId")
      in.read(token.first_event_id);
    else if (*key == "nextEventId")
      in.read(token.next_event_id);
    else if (*key == "isRunning")
      in.read(running);
    else if (*key == "branchToken")
      in.read(branch);
    else if (*key == "transientDecision")
      in.read(synthetic);
    else if (*key == check_sum_member)
      in.read(sum);
    else
      in.skip();
  }
  if (!in.complete() || token.run_id.empty() || !from_base64(branch, token.branch) ||
      !from_base64(synthetic, token.synthetic))
    return bad_request("Invalid NextPageToken.");
  token.running = running != 0;
  if (sum != check_sum(unchecked(token)))
    return bad_request("Invalid NextPageToken.");
  return token;
}

} // namespace cadenza::actors

#include "actors/history_token.hpp"

#include "actors/json_object.hpp"

#include <array>

namespace cadenza::actors {
namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(const std::string& raw) {
  std::string out;
  out.reserve((raw.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < raw.size(); i += 3) {
    std::uint32_t v = 0;
    for (std::size_t j = 0; j < 3; ++j)
      v = v << 8 | (i + j < raw.size() ? static_cast<unsigned char>(raw[i + j]) : 0U);
    out.push_back(alphabet[v >> 18 & 63]);
    out.push_back(alphabet[v >> 12 & 63]);
    out.push_back(i + 1 < raw.size() ? alphabet[v >> 6 & 63] : '=');
    out.push_back(i + 2 < raw.size() ? alphabet[v & 63] : '=');
  }
  return out;
}

bool from_base64(const std::string& text, std::string& raw) {
  static const auto values = [] {
    std::array<int, 256> v{};
    v.fill(-1);
    for (int i = 0; i < 64; ++i)
      v[static_cast<unsigned char>(alphabet[i])] = i;
    return v;
  }();
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '=')
      break;
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0)
      return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      raw.push_back(static_cast<char>(bits >> have & 255));
    }
  }
  return true;
}

} // namespace

std::string encode(const history_token& token) {
  std::string out = "{\"runId\":";
  append_json_string(out, token.run_id);
  out += ",\"firstEventId\":" + std::to_string(token.first_event_id)
         + ",\"nextEventId\":" + std::to_string(token.next_event_id)
         + ",\"isRunning\":" + (token.running ? "1" : "0");
  out += ",\"branchToken\":";
  append_json_string(out, to_base64(token.branch));
  out += ",\"transientDecision\":";
  append_json_string(out, to_base64(token.synthetic));
  out += '}';
  return out;
}

outcome<history_token> decode_history_token(const std::string& text) {
  history_token token;
  std::int64_t running = 0;
  std::string branch;
  std::string synthetic;
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
    else
      in.skip();
  }
  if (!in.complete() || token.run_id.empty() || !from_base64(branch, token.branch)
      || !from_base64(synthetic, token.synthetic))
    return bad_request("Invalid NextPageToken.");
  token.running = running != 0;
  return token;
}

} // namespace cadenza::actors

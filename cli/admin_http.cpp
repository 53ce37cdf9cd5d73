#include "cli/admin_http.hpp"

#include <httplib.h>

namespace cadenza::cli {

namespace {

/// Why there was no answer, and what to do.
std::string unanswered(const std::string& base_url, httplib::Error why) {
  const std::string hint = "; --http_address HOST:PORT names the server's HTTP side";
  switch (why) {
  case httplib::Error::Connection:
    return "nothing listens on " + base_url + hint + ", port 8088 unless configured otherwise";
  case httplib::Error::ConnectionTimeout: return "no connection to " + base_url + " in time" + hint;
  case httplib::Error::Read: return base_url + " did not respond over HTTP in time; is it the gRPC port?" + hint;
  default: return "no answer from " + base_url + ": " + httplib::to_string(why) + hint;
  }
}

} // namespace

outcome<json> http_json(const std::string& base_url, http_verb verb, const std::string& path,
                        std::chrono::milliseconds timeout) {
  httplib::Client client{base_url};
  if (!client.is_valid())
    return bad_request("not an HTTP address: " + base_url);
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  const auto answer = verb == http_verb::get ? client.Get(path) : client.Post(path, "", "application/json");
  if (!answer)
    return unavailable(unanswered(base_url, answer.error()));
  auto body = answer->body.empty() ? json(nullptr) : json::parse(answer->body, nullptr, false);
  if (answer->status < 200 || answer->status > 299) {
    const bool told = body.is_object() && body.contains("error") && body["error"].is_string();
    const auto text = told ? body["error"].get<std::string>() : answer->body;
    return error{answer->status == 404 ? error_kind::entity_not_exists : error_kind::bad_request,
                 text.empty() ? "HTTP status " + std::to_string(answer->status) : text};
  }
  if (body.is_discarded())
    return internal_error("the server's response is not JSON: " + answer->body.substr(0, 200));
  return body;
}

json rows_of(const json& answer, const std::string& key) {
  if (answer.is_array())
    return answer;
  return answer.is_object() && answer.contains(key) && answer[key].is_array() ? answer[key] : json(nullptr);
}

std::string url_escaped(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       letter == '-' || letter == '_' || letter == '.' || letter == '~';
    if (plain)
      result += letter;
    else
      result.append("%").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return result;
}

} // namespace cadenza::cli

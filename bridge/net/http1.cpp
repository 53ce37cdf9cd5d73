#include "bridge/net/http1.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>

namespace cadenza::bridge::net {

namespace http = boost::beast::http;

namespace {

constexpr std::int64_t pause_ns = 30'000'000'000; // between two requests of a connection
constexpr std::size_t ahead_bytes_max = 64 << 10; // of the next request, while one is served

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return out;
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

int digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  const auto l = static_cast<char>(c | 32);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Percent-encoding taken off; what is none stays as it is.
std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

void read_target(std::string_view target, http1_request& into) {
  const auto question = target.find('?');
  into.path = decoded(target.substr(0, question), false);
  if (question == target.npos)
    return;
  for (auto rest = target.substr(question + 1); !rest.empty();) {
    const auto one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const auto equals = one.find('=');
    if (!one.empty())
      into.parameters[decoded(one.substr(0, equals), true)] =
          equals == one.npos ? std::string() : decoded(one.substr(equals + 1), true);
  }
}

} // namespace

struct http1_session::reading {
  http::request_parser<http::string_body> parser;
};

// --- exchanges

http1_exchange::http1_exchange(http1_session& in, http1_request request)
  : loop_(in.connection_.on()), session_(&in), request_(std::move(request)) {}

void http1_exchange::answer(http1_response response) {
  response_ = std::move(response);
  intrusive_ptr_add_ref(this);
  loop_.post(*this);
}

void http1_exchange::on_posted() {
  const http1_exchange_ptr keep(this, false);
  if (session_)
    session_->answer(response_);
}

// --- sessions

http1_session::http1_session(connection& on, http1_user& user)
  : connection_(on), user_(user), memory_(on.shared().requests), since_ns_(on.on().now_ns()) {
  begin_reading();
}

http1_session::~http1_session() = default;

void http1_session::begin_reading() {
  const auto& how = connection_.shared().how;
  reading_ = std::make_unique<reading>();
  reading_->parser.header_limit(static_cast<std::uint32_t>(how.header_bytes_max));
  reading_->parser.body_limit(static_cast<std::uint64_t>(how.http_body_bytes_max));
  reading_->parser.eager(true);
  since_ns_ = connection_.on().now_ns();
  connection_.check_by(since_ns_ + how.header_timeout.count());
}

void http1_session::on_bytes(std::string_view bytes) {
  if (over_)
    return;
  if (in_.empty() && !serving_)
    since_ns_ = connection_.on().now_ns(); // of the next request's first byte
  in_ += bytes;
  if (!serving_)
    read();
  else if (in_.size() > ahead_bytes_max)
    refuse(503, refusal::request_bytes, "one request after the other");
}

void http1_session::read() {
  auto& parser = reading_->parser;
  boost::beast::error_code failed;
  const bool had_header = parser.is_header_done();
  const auto used = in_.empty() ? 0 : parser.put(boost::asio::buffer(in_), failed);
  in_.erase(0, used);
  if (failed == http::error::need_more)
    failed = {};
  if (failed == http::error::body_limit)
    return refuse(413, refusal::message_bytes, "the body is larger than the limit");
  if (failed == http::error::header_limit)
    return refuse(431, refusal::header_bytes, "the headers are larger than the limit");
  if (failed)
    return refuse(400, refusal::protocol, failed.message());
  if (!set_aside())
    return refuse(503, refusal::request_bytes, "there is no memory for the request right now");
  if (!parser.is_header_done())
    return;
  greeted_ = true;
  const auto encoding = parser.get().find(http::field::content_encoding);
  if (encoding != parser.get().end() && encoding->value() != "identity")
    return refuse(415, refusal::protocol, "compressed bodies are not supported");
  if (!had_header && !parser.is_done() && lower(view(parser.get()[http::field::expect])) == "100-continue") {
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    connection_.write_later();
  }
  if (parser.is_done())
    serve();
  else
    connection_.check_by(since_ns_ + connection_.shared().how.request_timeout.count());
}

/// Counts what is here of the request. Smaller requests than this come and go without that.
bool http1_session::set_aside() {
  constexpr std::size_t counted_bytes_min = 4 << 10;
  const auto here = in_.size() + reading_->parser.get().body().size();
  const auto more = static_cast<std::int64_t>(here) - memory_.bytes();
  return here < counted_bytes_min || more <= 0 || memory_.take_little(more);
}

void http1_session::serve() {
  const auto& message = reading_->parser.get();
  http1_request request;
  request.method = std::string(view(message.method_string()));
  request.from = connection_.peer();
  read_target(view(message.target()), request);
  for (const auto& field : message)
    request.headers[lower(view(field.name_string()))] = std::string(view(field.value()));
  request.body = message.body();
  keeps_open_ = message.keep_alive();
  without_body_ = request.method == "HEAD";
  if (!connection_.begin_call(0)) // which counts why
    return send_away(503, "too many requests");
  serving_ = new http1_exchange(*this, std::move(request));
  user_.serve(serving_);
}

void http1_session::refuse(int status, refusal why, std::string_view text) {
  connection_.shared().counts.refused(why);
  send_away(status, text);
}

void http1_session::send_away(int status, std::string_view text) {
  keeps_open_ = false;
  without_body_ = false;
  say({status, "text/plain", std::string(text) + "\n"});
  in_.clear(); // nothing more of it is looked at
  reading_ = std::make_unique<reading>();
  memory_.give_back(memory_.bytes());
}

void http1_session::answer(const http1_response& response) {
  if (!serving_)
    return;
  serving_->session_ = nullptr;
  serving_.reset();
  connection_.end_call();
  memory_.give_back(memory_.bytes());
  if (connection_.has_room_for(static_cast<std::int64_t>(response.body.size())))
    say(response);
  else
    say({503, "text/plain", "other responses have not been read yet\n"});
  if (over_)
    return;
  begin_reading();
  read(); // what came ahead
  connection_.read_again();
}

void http1_session::say(const http1_response& response) {
  const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  out_ += "HTTP/1.1 " + std::to_string(response.status) + " ";
  out_.append(reason.data(), reason.size());
  out_ += "\r\nContent-Type: " + response.content_type + "\r\nContent-Length: " + std::to_string(response.body.size());
  out_ += keeps_open_ ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  if (!without_body_)
    out_ += response.body;
  over_ = over_ || !keeps_open_;
  connection_.write_later();
}

void http1_session::produce(output& into) {
  if (out_.empty())
    return;
  const auto all = payload::make("", std::exchange(out_, {}));
  into.refer(all->rest(0), all);
}

void http1_session::on_closed() {
  over_ = true;
  if (!serving_)
    return;
  serving_->session_ = nullptr;
  serving_.reset();
  connection_.end_call();
}

std::int64_t http1_session::check(std::int64_t now_ns) {
  const auto& how = connection_.shared().how;
  if (over_ || serving_)
    return INT64_MAX;
  const bool begun = !in_.empty() || reading_->parser.got_some();
  const bool body = reading_->parser.is_header_done();
  const auto patience = body ? how.request_timeout.count() : begun || !greeted_ ? how.header_timeout.count() : pause_ns;
  if (now_ns - since_ns_ < patience)
    return since_ns_ + patience;
  if (begun || body)
    refuse(408, body ? refusal::request_timeout : refusal::header_timeout, "the request did not arrive in time");
  else
    over_ = true;
  connection_.write_later();
  return INT64_MAX;
}

void http1_session::drain() {
  keeps_open_ = false;
  over_ = over_ || !serving_;
  connection_.write_later();
}

void http1_session::abandon() {
  keeps_open_ = false;
  if (serving_)
    answer({503, "text/plain", "the server stops\n"});
}

front::match http1_front::recognise(std::string_view first) const {
  constexpr std::array<std::string_view, 7> methods{"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH "};
  auto out = match::no;
  for (const auto method : methods) {
    const auto size = std::min(first.size(), method.size());
    if (first.substr(0, size) != method.substr(0, size))
      continue;
    if (size == method.size())
      return match::yes;
    out = match::too_short;
  }
  return out;
}

} // namespace cadenza::bridge::net

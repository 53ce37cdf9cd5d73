#include "bridge/rpc/tchannel_answer.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace {
constexpr std::size_t copied_bytes_max = 4 << 10; // beyond it a body is referred to
} // namespace

tchannel_answer::tchannel_answer(const tchannel_marks& marks, bool failed, std::string headers, std::string body)
  : marks_(marks), failed_(failed), headers_(std::move(headers)), body_(net::payload::make("", std::move(body))) {
  if (!tchannel::is_computed(marks_.sums))
    marks_.sums = tchannel::checksum_type::none;
}

std::string tchannel_answer::head() const {
  std::string out;
  tchannel::put_number(out, failed_ ? 1 : 0, 1);
  out += marks_.trace();
  tchannel::put_number(out, 1, 1);
  tchannel::put_short_text(out, "as");
  tchannel::put_short_text(out, "thrift");
  return out;
}

void tchannel_answer::emit(net::output& into) {
  const bool first = !std::exchange(begun_, true);
  const auto start = first ? head() : std::string();
  std::string arguments; // but for the body
  if (first) {
    tchannel::put_text(arguments, {});
    tchannel::put_text(arguments, headers_);
    checksum_ = tchannel::checksum(marks_.sums, checksum_, headers_);
  }
  const std::size_t sum_bytes = tchannel::is_computed(marks_.sums) ? 4 : 0;
  const auto around = tchannel::header_bytes + 1 + start.size() + 1 + sum_bytes + arguments.size() + 2;
  const auto rest = body_->rest(at_);
  const auto chunk = rest.substr(0, tchannel::frame_bytes_max - around);
  checksum_ = tchannel::checksum(marks_.sums, checksum_, chunk);
  at_ += chunk.size();
  std::string out;
  out.reserve(around);
  using type = tchannel::frame_type;
  tchannel::put_header(out, around + chunk.size(), first ? type::call_response : type::call_response_continue,
                       marks_.id);
  tchannel::put_number(out, at_ < body_->size() ? tchannel::more_follows : 0, 1);
  out += start;
  tchannel::put_number(out, static_cast<std::uint8_t>(marks_.sums), 1);
  if (sum_bytes > 0)
    tchannel::put_number(out, checksum_, sum_bytes);
  out += arguments;
  tchannel::put_number(out, chunk.size(), 2);
  into.copy(out);
  if (chunk.size() <= copied_bytes_max)
    into.copy(chunk);
  else
    into.refer(chunk, body_);
}

} // namespace cadenza::bridge

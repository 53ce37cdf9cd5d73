#include "bridge/rpc/tchannel_arguments.hpp"

namespace cadenza::bridge {

namespace {
constexpr int last_argument = 2;
} // namespace

std::optional<tchannel_flaw> read_arguments(const tchannel::arguments_part& all, std::int64_t headers_bytes_max,
                                            tchannel_arguments& into) {
  tchannel::cursor in(all.pieces);
  into.method = in.text();
  into.headers = in.text();
  into.body = in.text();
  if (in.failed() || !in.rest().empty() || into.method.size() > tchannel::method_bytes_max)
    return tchannel_flaw::broken;
  std::uint32_t sum = 0;
  for (const auto piece : {into.method, into.headers, into.body})
    sum = tchannel::checksum(all.type, sum, piece);
  if (tchannel::is_computed(all.type) && sum != all.checksum)
    return tchannel_flaw::checksum;
  if (static_cast<std::int64_t>(into.headers.size()) > headers_bytes_max)
    return tchannel_flaw::headers_too_large;
  return std::nullopt;
}

std::optional<tchannel_flaw> tchannel_arrival::add(const tchannel::arguments_part& part, bool last) {
  tchannel::cursor in(part.pieces);
  while (!in.rest().empty()) {
    const auto piece = in.text();
    if (in.failed())
      return tchannel_flaw::broken;
    checksum_ = tchannel::checksum(part.type, checksum_, piece);
    if (const auto flaw = keep(piece))
      return flaw;
    // What is followed by something in its frame is whole; at a frame's end it may go on.
    if (!in.rest().empty() && ++at_ > last_argument)
      return tchannel_flaw::broken;
  }
  if (tchannel::is_computed(part.type) && checksum_ != part.checksum)
    return tchannel_flaw::checksum;
  if (last && at_ != last_argument)
    return tchannel_flaw::broken;
  return std::nullopt;
}

std::optional<tchannel_flaw> tchannel_arrival::keep(std::string_view piece) {
  const auto size = static_cast<std::int64_t>(piece.size());
  // All of it is counted: thousands of calls may arrive at once, and none of them need ever have a body.
  const auto fits = [size](std::size_t here, std::int64_t bytes_max) {
    return static_cast<std::int64_t>(here) + size <= bytes_max;
  };
  if (at_ == 0 && !fits(method_.size(), tchannel::method_bytes_max))
    return tchannel_flaw::broken; // as in one frame
  if (at_ == 1 && !fits(headers_.size(), headers_bytes_max_))
    return tchannel_flaw::headers_too_large;
  if (at_ == last_argument && !fits(body_.size(), body_bytes_max_))
    return tchannel_flaw::too_large;
  if (!memory_.take(size))
    return tchannel_flaw::no_memory;
  if (at_ == last_argument)
    body_.append(piece);
  else
    (at_ == 0 ? method_ : headers_) += piece;
  return std::nullopt;
}

} // namespace cadenza::bridge

#include "bridge/rpc/tchannel_arguments.hpp"

namespace cadenza::bridge {

namespace {
constexpr int last_argument = 2;
} // namespace

std::optional<tchannel_flaw> read_arguments(const tchannel::arguments_part& all, tchannel_arguments& into) {
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
  if (at_ < last_argument) {
    auto& to = at_ == 0 ? method_ : headers_;
    const auto bytes_max = at_ == 0 ? static_cast<std::int64_t>(tchannel::method_bytes_max) : headers_bytes_max_;
    if (static_cast<std::int64_t>(to.size()) + size > bytes_max)
      return tchannel_flaw::too_large;
    to += piece;
    return std::nullopt;
  }
  if (static_cast<std::int64_t>(body_.size()) + size > body_bytes_max_)
    return tchannel_flaw::too_large;
  if (!memory_.take(size))
    return tchannel_flaw::no_memory;
  body_.append(piece);
  return std::nullopt;
}

} // namespace cadenza::bridge

#include "bridge/net/h2_stream.hpp"

#include "bridge/net/h2_session.hpp"

namespace cadenza::bridge::net {

h2_stream::h2_stream(h2_session& in, std::int32_t id)
  : loop_(in.on().on()), session_(&in), id_(id), since_ns_(loop_.now_ns()) {}

void h2_stream::run_soon() {
  if (posted_.exchange(true))
    return; // it will see what was done before
  intrusive_ptr_add_ref(this);
  loop_.post(*this);
}

void h2_stream::on_posted() {
  const h2_stream_ptr keep(this, false);
  posted_.store(false);
  on_run();
}

void h2_stream::set_due(std::int64_t due_ns) {
  if (session_)
    loop_.timers().set(*this, due_ns);
}

void h2_stream::next_body() {
  while (true) {
    if (body_ && body_at_ < body_->size())
      return;
    const bool said = body_ != nullptr;
    body_.reset();
    body_at_ = 0;
    if (more_ && !more_->empty()) {
      body_ = std::move(more_->front());
      more_->pop_front();
    }
    if (said)
      on_said();
    if (!body_)
      return;
  }
}

std::int64_t h2_stream::bytes_unsaid() const {
  auto out = body_ ? body_->size() - body_at_ : 0;
  if (more_)
    for (const auto& one : *more_)
      out += one->size();
  return static_cast<std::int64_t>(out);
}

} // namespace cadenza::bridge::net

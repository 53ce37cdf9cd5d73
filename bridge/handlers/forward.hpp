#pragma once

#include "bridge/handlers/method_table.hpp"

namespace cadenza::bridge {

template <class T> using body = actors::engine::body<T>;

namespace detail {
template <class> struct request_of;
template <class Request>
struct request_of<void (actors::engine::*)(workflow::domain_ptr, body<Request>, actors::call_ptr)> {
  using type = Request;
};
template <class Request> struct request_of<void (actors::engine::*)(body<Request>, actors::call_ptr)> {
  using type = Request;
};
} // namespace detail

/// The request type of an engine function.
template <auto EngineFunction> using request_of = typename detail::request_of<decltype(EngineFunction)>::type;

/// A handler for the many calls that are: take a rate token, validate, hand over with the domain.
template <rate_class Class, auto EngineFunction>
void forward(rpc_context& context, body<request_of<EngineFunction>> request, actors::call_ptr call) {
  if (!context.admit(Class, request->domain(), {}, *call))
    return;
  const auto view = context.look(request->domain());
  auto domain = check(view.rules(), *request);
  if (!domain)
    return call->reject(domain.error());
  (context.engine().*EngineFunction)(std::move(*domain), std::move(request), std::move(call));
}

/// The same for calls whose request names no existing domain.
template <auto EngineFunction>
void forward_plain(rpc_context& context, body<request_of<EngineFunction>> request, actors::call_ptr call) {
  const auto view = context.look();
  if (const auto good = check(view.rules(), *request); !good)
    return call->reject(good.error());
  (context.engine().*EngineFunction)(std::move(request), std::move(call));
}

/// Puts an engine function behind a method, through one of the handlers above.
template <rate_class Class, auto EngineFunction>
method& add_forward(method_table& table, std::string_view service, std::string_view name) {
  return table.on<request_of<EngineFunction>, &forward<Class, EngineFunction>>(service, name);
}
template <auto EngineFunction>
method& add_forward_plain(method_table& table, std::string_view service, std::string_view name) {
  return table.on<request_of<EngineFunction>, &forward_plain<EngineFunction>>(service, name);
}

} // namespace cadenza::bridge

#include "wire_node.hpp"

#include <csignal>
#include <iostream>
#include <mutex>

/// The other process of a test: a node that says its port, answers requests of kind 1 with their own bytes, and keeps
/// those of kind 2 for ever. Ends when its standard input does.
int main() {
  using namespace cadenza::actors;
  std::signal(SIGPIPE, SIG_IGN);
  std::mutex mutex;
  std::vector<call_ptr> kept;
  {
    wire_node node("peer", {}, [&](const std::string&, std::uint32_t kind, std::string bytes, call_ptr call) {
      if (kind == 1 && call)
        return call->reply_bytes(std::move(bytes));
      const std::lock_guard lock(mutex);
      kept.push_back(std::move(call));
    });
    std::cout << node.port() << std::endl;
    while (std::cin.get() != std::istream::traits_type::eof())
      ;
    const std::lock_guard lock(mutex);
    kept.clear();
  }
}

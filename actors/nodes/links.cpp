#include "actors/nodes/links.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace cadenza::actors {

void node_links::ask(const std::string& node, link_request request) const {
  const auto links = get();
  const auto i = links->find(node);
  if (i != links->end())
    return caf::anon_send(i->second, std::make_shared<link_request>(std::move(request)));
  if (request.call)
    request.call->reject(unavailable("node " + node + " is not known here"));
}

void node_links::tell_all(std::uint32_t kind, const std::string& bytes) const {
  const auto links = get();
  for (const auto& [node, link] : *links)
    caf::anon_send(link, std::make_shared<link_request>(link_request{kind, bytes, false, nullptr}));
}

int common_version(int a_oldest, int a_newest, int b_oldest, int b_newest) {
  const int newest = std::min(a_newest, b_newest);
  return newest >= std::max(a_oldest, b_oldest) ? newest : 0;
}

} // namespace cadenza::actors

#pragma once

#include "actors/base/call.hpp"

#include <vector>

namespace google::protobuf {
class Message;
}

namespace cadenza::bridge {

class method_table;

/// By the index of a method: whether its requests go into the log. They are those by which somebody ends or resets
/// workflows, changes domains, or changes the installation.
[[nodiscard]] std::vector<bool> noted_methods(const method_table& table);

/// Writes into the log what is asked for and by whom, before it is carried out: method, domain, workflow, reason and
/// identity, never a payload. At most 50 lines a second; what is left out is counted. Any thread.
void note_change(const google::protobuf::Message& request, const actors::caller_info& caller);

} // namespace cadenza::bridge

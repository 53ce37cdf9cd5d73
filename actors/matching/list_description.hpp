#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/matching/matching_mail.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

namespace cadenza::actors {

/// Puts the description of one more partition into that of its list: pollers (each identity once), backlog, rates and
/// groups together. Levels, ids, partition config and name are the root's.
void add_description(uber::cadence::api::v1::DescribeTaskListResponse& whole,
                     const uber::cadence::api::v1::DescribeTaskListResponse& part, bool root);

/// Asks a list for its description, and when it is the root of several partitions, all of them. Any thread.
void describe_whole_list(const actor_context& env, std::shared_ptr<describe_list> asked);

} // namespace cadenza::actors

#pragma once

namespace cadenza {

/// Lets the process have as many file descriptors as its hard limit permits: the usual soft limit of 1,024 is used up
/// by as many clients. What cannot be had is logged and does without.
void raise_descriptor_limit();

} // namespace cadenza

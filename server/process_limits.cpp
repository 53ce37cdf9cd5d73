#include "server/process_limits.hpp"

#include "config/log.hpp"

#include <cerrno>
#include <cstring>
#include <sys/resource.h>

namespace cadenza {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;
  const auto before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
    log::debug("file descriptors: up to {} instead of {}", limit.rlim_cur, before);
  else
    log::warn("file descriptors: the limit stays at {}: {}", before, std::strerror(errno));
}

} // namespace cadenza

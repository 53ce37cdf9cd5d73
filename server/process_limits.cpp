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
    log::debug({field::limit(limit.rlim_cur)}, "file descriptors: up to {limit}");
  else
    log::warn({field::limit(before), field::error(std::strerror(errno))},
              "file descriptors: the limit stays at {limit}: {error}");
}

} // namespace cadenza

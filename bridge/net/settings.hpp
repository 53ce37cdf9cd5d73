#pragma once

#include "config/network_config.hpp"

namespace cadenza::bridge::net {

/// Every bound of this layer.
using settings = config::network_config;

} // namespace cadenza::bridge::net

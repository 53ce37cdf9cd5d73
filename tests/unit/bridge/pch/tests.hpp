// Read once for the whole program.

#include "bridge/pch/bridge.hpp"

#include <boost/test/test_tools.hpp>

// Read once for the whole program.

#include "cli/pch/cli.hpp"

#include <boost/test/test_tools.hpp>
#include <httplib.h>
#include <nlohmann/json.hpp>

// Read once for the whole program.

#include "actors/pch/actors.hpp"

#include <boost/test/test_tools.hpp>

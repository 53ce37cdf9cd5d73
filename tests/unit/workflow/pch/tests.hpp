// Read once for the whole program.

#include "workflow/pch/workflow.hpp"

#include <boost/test/test_tools.hpp>

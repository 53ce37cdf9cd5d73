// Read once for the whole room: what nearly every file of it includes, and nothing of our own that changes.

#include "cadenza/record/v1/run.pb.h"
#include "cadenza/record/v1/task.pb.h"
#include "uber/cadence/api/v1/history.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

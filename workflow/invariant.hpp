#pragma once

#include "messages/invariant.hpp"

// RapidCheck with GoogleTest: its header wants gtest's first, so both are included here, in that order.
#pragma once

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

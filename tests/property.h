// The one way to RapidCheck: its gtest header needs gtest before it, and warns under our flags.
// Link `rapidcheck`. Usage: RC_GTEST_PROP(Escape, decodes_what_it_encoded, (std::string text)) { RC_ASSERT(...); }
#pragma once

#pragma GCC system_header

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

// Batch: what a route that collects (`collect`) sends as one: its members, each rendered by itself, and the text that
// they make together. Pure; the same members make the same text, always.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/model/adapter.h"
#include "engine/model/plan.h"

namespace myelin::runtime {

struct Batch {
  std::vector<Collected> members;                          // in their order
  std::map<std::string, std::string, std::less<>> filled;  // Outbound::filled, of the first
  std::size_t size = 0;                                    // bytes of the members
  int attempts = 0;                                        // of each
  bool again = false;                                      // it was written down before: exactly these, and no others
};

std::string joined(const Batch& batch, CollectPolicy::Form form);

}  // namespace myelin::runtime

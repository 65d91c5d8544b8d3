// A first channel, written from messages: what they are of, which version, what identifies them; a route to a peer that
// is only a placeholder; and a test for each message. It is meant to be changed, and right from the start.
#pragma once

#include <string>
#include <vector>

#include "engine/base/fault.h"
#include "engine/hl7/tree.h"

namespace myelin {

struct GivenMessage {
  std::string name;  // "adt-a01.hl7": what its file beside the channel is called
  std::string content;
  hl7::Tree tree;
};

// The messages of these files; one of several in a file is called adt-a01-2.hl7.
Result<std::vector<GivenMessage>> read_samples(const std::vector<std::string>& files);

// "adt" of messages that are all ADT; else "messages".
std::string name_for(const std::vector<GivenMessage>& samples);

// The channel, with connections NAME-in and NAME-out.
std::string first_channel(const std::string& name, const std::vector<GivenMessage>& samples);
std::string first_connections(const std::string& name, int listen_port, int connect_port);

}  // namespace myelin

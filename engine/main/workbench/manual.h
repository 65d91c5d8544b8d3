// The manual pages and the completion of bash, made from the declarations that the verbs and the language are read by.
#pragma once

#include <string>

#include "engine/main/command.h"

namespace myelin {

std::string command_manual(const Commands& commands);   // myelin(1)
std::string channel_manual();                           // myelin-channel(5)
std::string bash_completion(const Commands& commands);  // for /usr/share/bash-completion/completions

}  // namespace myelin

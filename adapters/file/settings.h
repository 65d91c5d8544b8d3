// What a folder is told, as plain values. spec.cpp fills them from the checked options; tests set them.
#pragma once

#include <cstddef>
#include <string>

#include "engine/base/clock.h"

namespace myelin::file {

struct FileSettings {
  std::string directory;
  // A source.
  std::string pattern = "*";     // * and ? ; names that begin with a dot are never taken
  bool by_time = false;          // else by name
  Duration settle = seconds(1);  // unchanged for so long: complete. One renamed into the folder is at once
  Duration every = seconds(5);   // looks again, also when nothing was heard (network file systems say nothing)
  bool remove = false;           // delete what was taken; else it is moved to `done`
  std::string done = "done";     // folders in the folder
  std::string failed = "failed";
  std::string answers;  // gets an acknowledgement for each file; empty: none is written
  std::size_t max_file = std::size_t{64} * 1024 * 1024;
  Duration stop_grace = seconds(5);  // for a disk that hangs when the source is to stop
  Duration pause = seconds(1);       // after a refusal that is ours: store full, stopping
  // A destination.
  std::string name = "{id}.hl7";
  bool append = false;  // to one file, instead of a file for each message
  enum class Framing : unsigned char { none, newline, mllp } framing = Framing::none;
  bool number = false;  // a name that is taken gets a number; else the message is refused
  Duration timeout = seconds(30);
};

}  // namespace myelin::file

#include "tests/bench/floor/floor.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

namespace myelin::floor {

double Times::at(double share) {
  if (all.empty()) return 0;
  std::sort(all.begin(), all.end());
  return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
}

}  // namespace myelin::floor

int main(int argc, char** argv) {
  using namespace myelin::floor;
  const std::span words(argv, static_cast<std::size_t>(argc));
  const auto number = [&](std::size_t at, double otherwise) {
    return at < words.size() ? std::atof(words[at]) : otherwise;
  };
  const std::string_view verb = argc > 1 ? words[1] : "";
  const std::string path = argc > 2 ? words[2] : "";
  if (verb == "echo") return echo();
  if (verb == "sqlite" && argc > 2)
    return rows(path, static_cast<int>(number(3, 1)), static_cast<std::size_t>(number(4, 600)), number(5, 1),
                static_cast<int>(number(6, 1)));
  if (verb == "fill" && argc > 3)
    return fill(path, static_cast<std::int64_t>(number(3, 0)), static_cast<std::size_t>(number(4, 600)));
  if (verb == "purge" && argc > 2) return purge(path, static_cast<int>(number(3, 5)), number(4, 1));
  std::fprintf(
      stderr,
      "floor echo | sqlite FILE BATCH SIZE SECONDS DELIVERIES | fill FILE COUNT SIZE | purge FILE BLOCKS SECONDS\n");
  return 2;
}

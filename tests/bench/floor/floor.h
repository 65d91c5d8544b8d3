// What the machine, SQLite and Asio alone can do, and stores that are filled without an engine: the baselines and the
// ground of make bench. Each verb prints one line of JSON, but echo, which prints its port.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace myelin::floor {

// Commits of `batch` messages of `size` bytes with their deliveries, on this thread, into a store of our form.
int rows(const std::string& path, int batch, std::size_t size, double seconds, int deliveries);
// A store of `count` messages that were received 95 to 100 days ago and delivered.
int fill(const std::string& path, std::int64_t count, std::size_t size);
// In turns: commits alone, and commits while the retention deletes what is older than 90 days.
int purge(const std::string& path, int blocks, double seconds);
// Sends back what comes, on one thread, until it is killed.
int echo();

struct Times {
  std::vector<double> all;  // milliseconds
  double at(double share);
};

}  // namespace myelin::floor

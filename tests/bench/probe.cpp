// The measuring peer of make bench, on bare POSIX calls: what a disk costs, and what one sender waits for.
//   probe fdatasync FILE COUNT      writes 4 KB and fdatasync, COUNT times, into a file of constant size
//   probe ack PORT COUNT FIRST      one connection: a message, its answer, the next; ids from FIRST
//   probe echo PORT COUNT           the same with a peer that sends back what it gets
// Prints one line of JSON: medians and 99th percentiles in microseconds.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPage = 4096;
constexpr int kPages = 256;  // the file is 1 MiB: pages are written again, its size never changes
constexpr int kWarmUp = 50;  // rounds that are not counted

[[noreturn]] void stop(const char* what) {
  std::perror(what);
  std::exit(1);
}

void print(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  std::printf("{\"count\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", times.size(), at(0.5), at(0.99));
}

template <class Round>
std::vector<double> timed(int count, Round round) {
  std::vector<double> times;
  for (int i = 0; i < count + kWarmUp; ++i) {
    const auto began = Clock::now();
    round(i);
    const std::chrono::duration<double, std::micro> took = Clock::now() - began;
    if (i >= kWarmUp) times.push_back(took.count());
  }
  return times;
}

void probe_disk(const char* path, int count) {
  const int fd = ::open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
  if (fd < 0) stop(path);
  const std::string page(kPage, 'x');
  const auto write_page = [&](int i) {
    if (::pwrite(fd, page.data(), page.size(), static_cast<off_t>(kPage) * (i % kPages)) != static_cast<ssize_t>(kPage))
      stop("pwrite");
  };
  for (int i = 0; i < kPages; ++i) write_page(i);
  ::fsync(fd);
  print(timed(count, [&](int i) {
    write_page(i);
    if (::fdatasync(fd) != 0) stop("fdatasync");
  }));
  ::close(fd);
}

int connected(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) stop("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::string message(const std::string& id) {
  return "\x0BMSH|^~\\&|PROBE|WARD|MYELIN|HOUSE|20260101080000||ADT^A08^ADT_A01|" + id +
         "|P|2.5.1\rEVN|A08|20260101080000\rPID|1||9000000001^^^HOUSE^MR||TEST^PERSON||19700101|F\rPV1|1|I|W1^2^3\rNTE|"
         "1||" +
         std::string(380, 'x') + "\r\x1C\r";
}

void probe_answers(int port, int count, const char* first) {
  const int fd = connected(port);
  char answer[4096];
  print(timed(count, [&](int i) {
    const auto frame = message(first + std::to_string(i));
    if (::write(fd, frame.data(), frame.size()) != static_cast<ssize_t>(frame.size())) stop("write");
    std::string got;
    while (got.size() < 2 || got.compare(got.size() - 2, 2, "\x1C\r") != 0) {
      const auto size = ::read(fd, answer, sizeof answer);
      if (size <= 0) stop("read");
      got.append(answer, static_cast<std::size_t>(size));
    }
    if (got.find("\rMSA|AA|") == std::string::npos) stop("an answer that is not AA");
  }));
  ::close(fd);
}

void probe_echo(int port, int count) {
  const int fd = connected(port);
  const auto frame = message("ECHO");
  std::string got(frame.size(), '\0');
  print(timed(count, [&](int /*round*/) {
    if (::write(fd, frame.data(), frame.size()) != static_cast<ssize_t>(frame.size())) stop("write");
    for (std::size_t at = 0; at < got.size();) {
      const auto size = ::read(fd, got.data() + at, got.size() - at);
      if (size <= 0) stop("read");
      at += static_cast<std::size_t>(size);
    }
  }));
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "fdatasync") == 0) probe_disk(argv[2], std::atoi(argv[3]));
  else if (argc == 5 && std::strcmp(argv[1], "ack") == 0)
    probe_answers(std::atoi(argv[2]), std::atoi(argv[3]), argv[4]);
  else if (argc == 4 && std::strcmp(argv[1], "echo") == 0) probe_echo(std::atoi(argv[2]), std::atoi(argv[3]));
  else
    return std::fprintf(stderr, "probe fdatasync FILE COUNT | probe ack PORT COUNT FIRST | probe echo PORT COUNT\n"), 2;
  return 0;
}

// The HTTP half of the measuring peer, on bare POSIX calls.
//   http_probe post PORT COUNT CONNECTIONS   posts COUNT messages over keep-alive connections, each waiting for its
//   answers http_probe sink COUNT                    takes COUNT requests on any number of connections, answers 200;
//   first line: port
// Prints one line of JSON.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void stop(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// One end of a connection: what has come and is not yet a whole request or response.
struct Talk {
  int fd;
  std::string got;

  // Takes one whole message off `got`: its first line, or "" when it is not there yet.
  std::string take() {
    const auto head = got.find("\r\n\r\n");
    if (head == std::string::npos) return {};
    const auto length = got.find("Content-Length: ");
    const auto body = length < head ? static_cast<std::size_t>(std::atol(got.c_str() + length + 16)) : 0;
    if (got.size() < head + 4 + body) return {};
    auto line = got.substr(0, got.find("\r\n"));
    got.erase(0, head + 4 + body);
    return line;
  }
  bool read() {
    char buffer[64 * 1024];
    const auto size = ::read(fd, buffer, sizeof buffer);
    if (size > 0) got.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
  }
  void write(const std::string& text) {
    if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) stop("write");
  }
};

std::string request(int number) {
  const auto body =
      "MSH|^~\\&|PROBE|WARD|MYELIN|HOUSE|20260101080000||ADT^A08^ADT_A01|H" + std::to_string(number) +
      "|P|2.5.1\rEVN|A08|20260101080000\rPID|1||9000000001^^^HOUSE^MR||TEST^PERSON||19700101|F\rPV1|1|I|W1^2^3\r" +
      "NTE|1||" + std::string(380, 'x') + "\r";
  return "POST /in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/hl7-v2\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void post(int port, int count, int connections) {
  std::vector<Talk> talks;
  std::vector<pollfd> polled;
  const auto address = loopback(port);
  for (int i = 0; i < connections; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) stop("connect");
    no_delay(fd);
    talks.push_back({fd, {}});
    polled.push_back({fd, POLLIN, 0});
  }
  int sent = 0, answered = 0;
  const auto began = Clock::now();
  for (auto& talk : talks) talk.write(request(++sent));
  while (answered < sent) {
    if (::poll(polled.data(), polled.size(), 10'000) <= 0) stop("no answer for ten seconds");
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents == 0) continue;
      if (!talks[i].read()) stop("the engine closed");
      const auto line = talks[i].take();
      if (line.empty()) continue;
      if (line.compare(0, 10, "HTTP/1.1 2") != 0) stop("an answer that is not 2xx");
      ++answered;
      if (sent < count) talks[i].write(request(++sent));
    }
  }
  const std::chrono::duration<double> took = Clock::now() - began;
  std::printf("{\"count\": %d, \"per_second\": %.0f}\n", answered, answered / took.count());
}

void sink(int count) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener, 64) != 0)
    stop("listen");
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  std::vector<Talk> talks;
  std::vector<pollfd> polled = {{listener, POLLIN, 0}};
  while (count > 0) {
    if (::poll(polled.data(), polled.size(), -1) < 0) stop("poll");
    for (std::size_t i = 1; i < polled.size(); ++i) {
      if (polled[i].revents == 0) continue;
      auto& talk = talks[i - 1];
      if (!talk.read()) polled[i].fd = -1;
      while (!talk.take().empty() && count-- > 0) talk.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
    if (polled[0].revents == 0) continue;
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) continue;
    no_delay(fd);
    talks.push_back({fd, {}});
    polled.push_back({fd, POLLIN, 0});
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::strcmp(argv[1], "post") == 0) post(std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]));
  else if (argc == 3 && std::strcmp(argv[1], "sink") == 0) sink(std::atoi(argv[2]));
  else return std::fprintf(stderr, "http_probe post PORT COUNT CONNECTIONS | http_probe sink COUNT\n"), 2;
  return 0;
}

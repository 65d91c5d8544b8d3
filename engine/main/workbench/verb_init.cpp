// `myelin init`: writes a first configuration, small enough to be read whole, that passes its own tests.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <utility>

#include "engine/main/command.h"

namespace myelin {

namespace {

struct NewFile {
  std::string_view path, content;
};

constexpr std::string_view kEngine =
    R"(# The engine itself. Everything has a default; `myelin explain myelin.yaml` lists it.

# store:
#   path: /var/lib/myelin     # where messages are kept
#   reserve: 2GiB             # with less free space, new messages are refused and deliveries go on

log:
  level: info
)";

constexpr std::string_view kConnections = R"(# Peers by name. The only file that differs between a test and a live site.
hello-in:
  kind: mllp
  listen: 127.0.0.1:2575
archive:
  kind: mllp
  connect: 127.0.0.1:2576
)";

constexpr std::string_view kChannel = R"(channel: hello
about: A first channel. Takes admissions and updates, and passes them on to one archive
version: "2.5.1"
source: hello-in
accept:
  types: [ADT^A01, ADT^A08]
  validate:
    - require: [PID-3]
routes:
  archive:
    to: archive
    steps:
      - set:
          MSH-5: ARCHIVE
          PID-5.1: =upper(PID-5.1)
tests:
  - it: passes an admission on, with the name in capitals
    given: samples/adt-a01.hl7
    expect:
      ack: AA
      archive: { MSH-5: ARCHIVE, PID-5.1: EXAMPLE }
  - it: refuses an admission without an identifier, and says where
    given: samples/adt-a01.hl7
    with: { PID-3: "" }
    expect: { ack: AE, fault: M0203, at: PID-3, others: none }
)";

constexpr std::string_view kSample =
    "MSH|^~\\&|WARD|HOSPITAL|MYELIN|HOSPITAL|20260102093000||ADT^A01^ADT_A01|HELLO-1|P|2.5.1\r"
    "EVN|A01|20260102093000\r"
    "PID|1||100200^^^HOSPITAL^MR||Example^Erika||19700101|F\r"
    "PV1|1|I|WARD^1^1\r";

constexpr std::array<NewFile, 4> kFiles = {{
    {"myelin.yaml", kEngine},
    {"connections.yaml", kConnections},
    {"channels/hello.yaml", kChannel},
    {"channels/samples/adt-a01.hl7", kSample},
}};

void print_next(const Console& console, const std::string& directory) {
  const bool installed = directory.starts_with("/etc/");
  const std::array<std::pair<std::string, std::string_view>, 5> next = {{
      {"myelin check " + directory, "compiles it, and shows mistakes"},
      {"myelin test " + directory, "runs the tests that stand in the channel"},
      {"myelin sink --listen 127.0.0.1:2576", "a peer to deliver to, in a terminal of its own"},
      {installed ? "systemctl start myelin"
                 : fmt::format("myelin run --conf {} --store ./store --socket ./myelin.sock", directory),
       installed ? "the daemon" : "the daemon, in a terminal of its own"},
      {fmt::format("myelin send {}/channels/samples/adt-a01.hl7 --to 127.0.0.1:2575", directory), "a first message"},
  }};
  console.line("\nNext:");
  for (const auto& [command, what] : next)
    console.line(fmt::format("  {:<70} {}", command, console.paint(Ink::grey, what)));
}

Exit init(const std::string& where, const Console& console) {
  const std::filesystem::path directory(where.empty() ? "." : where);
  std::error_code error;
  if (std::filesystem::exists(directory, error) && !std::filesystem::is_empty(directory, error)) {
    console.error(directory.string() + " is not empty; nothing was written");
    return Exit::not_so;
  }
  for (const auto& file : kFiles) {
    const auto path = directory / file.path;
    std::filesystem::create_directories(path.parent_path(), error);
    if (auto written = write_output(path.string(), file.content); !written) return console.report(written.error());
    console.line("wrote  " + path.string());
  }
  print_next(console, directory.string());
  return Exit::ok;
}

}  // namespace

void add_init(Commands& commands) {
  auto directory = std::make_shared<std::string>();
  commands.add(Group::write, "init", "writes a first configuration, with one channel and its tests")
      .optional("DIR", *directory, "where to; it must be empty or missing (this directory)")
      .example("myelin init my-interfaces")
      .run([directory](Console& console) { return init(*directory, console); });
}

}  // namespace myelin

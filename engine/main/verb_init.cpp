// `myelin init`: writes a first configuration, small enough to be read whole, that passes its own tests.
#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "engine/main/command.h"

namespace myelin {

namespace {

struct NewFile {
  std::string_view path, content;
};

constexpr std::string_view kEngine = R"(# The engine itself. Everything has a default; see `myelin explain myelin.yaml`.
store:
  path: ./myelin-store        # where messages are kept, relative to where `myelin run` is started
  reserve: 64MiB              # with less free space than this, new messages are refused and deliveries go on
admin:
  socket: ./myelin.sock       # where `myelin status` and the other verbs find the daemon
)";

constexpr std::string_view kConnections = R"(# Peers by name. The only file that differs between a test and a live site.
hello-in:
  mllp: { listen: 127.0.0.1:2575 }
archive:
  mllp: { connect: 127.0.0.1:2576 }
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
  const auto shown = directory.string();
  console.line("\nNext:");
  console.line(fmt::format("  myelin check {}                 compiles it, and shows mistakes", shown));
  console.line(fmt::format("  myelin test {}                  runs the tests that stand in the channel", shown));
  console.line(fmt::format("  myelin sink --listen :2576          in another terminal: a peer to deliver to"));
  console.line(fmt::format("  myelin run --conf {}            the daemon", shown));
  console.line(fmt::format("  myelin send {}/channels/samples/adt-a01.hl7 --to 127.0.0.1:2575", shown));
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

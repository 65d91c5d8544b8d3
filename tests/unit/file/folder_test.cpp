// What a folder promises that the sources and destinations do not show: other file systems, rights, patterns.
#include "adapters/file/folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/property.h"
#include "tests/unit/file/temporary_folder.h"

namespace myelin::file {
namespace {

constexpr uid_t kNobody = 65534;

Entry entry_of(const Folder& folder, const std::string& name) {
  const auto listed = folder.list("*");
  for (const auto& entry : *listed)
    if (entry.name == name) return entry;
  ADD_FAILURE() << name << " is not there";
  return {};
}

// A folder on another file system than the other tests' folders, where the machine has one.
class Elsewhere {
 public:
  Elsewhere() {
    if (::mkdtemp(form_.data()) == nullptr) form_.clear();
  }
  ~Elsewhere() {
    if (!form_.empty()) std::filesystem::remove_all(form_);
  }
  bool is_apart_from(const std::string& path) const {
    struct stat here{}, there{};
    return !form_.empty() && ::stat(path.c_str(), &here) == 0 && ::stat(form_.c_str(), &there) == 0 &&
           here.st_dev != there.st_dev;
  }
  const std::string& path() const { return form_; }

 private:
  std::string form_ = "/dev/shm/myelin-file-XXXXXX";
};

TEST(Folder, moves_to_another_file_system_by_way_of_a_copy) {
  const test::TemporaryFolder here;
  const Elsewhere there;
  if (!there.is_apart_from(here.path())) {
    std::printf("/dev/shm is no other file system here\n");
    return;
  }
  const auto content = std::string(700'000, 'x') + "end";
  here.write("a.hl7", content);
  const auto from = Folder::open(here.path());
  const auto to = Folder::open(there.path());
  ASSERT_TRUE(from && to);
  ASSERT_TRUE(to->write_new("a.hl7", "older"));
  ASSERT_TRUE(to->write_new(".a.hl7.part", "of a crash"));
  const auto moved = from->move("a.hl7", *to, "a.hl7");
  ASSERT_TRUE(moved) << to_string(moved.error());
  EXPECT_EQ(*moved, "a.1.hl7");
  EXPECT_FALSE(here.has("a.hl7"));
  EXPECT_EQ(*to->read(entry_of(*to, "a.1.hl7"), 1'000'000), content);
  EXPECT_EQ(*to->read(entry_of(*to, "a.hl7"), 100), "older");
  EXPECT_FALSE(std::filesystem::exists(there.path() + "/.a.hl7.part"));
}

// Also where the tests run as root, who may read everything.
class AsNobody {
 public:
  AsNobody() { changed_ = ::geteuid() == 0 && ::seteuid(kNobody) == 0; }
  ~AsNobody() {
    if (changed_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_ = false;
};

TEST(Folder, says_who_may_not_read_a_file) {
  const test::TemporaryFolder here;
  here.write("secret", "MSH|");
  std::filesystem::permissions(here.path(), std::filesystem::perms::all);
  std::filesystem::permissions(here.path("secret"), std::filesystem::perms::none);
  const AsNobody nobody;
  const auto folder = Folder::open(here.path());
  ASSERT_TRUE(folder);
  const auto content = folder->read(entry_of(*folder, "secret"), 100);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, FaultCode::file_unsuitable);
  EXPECT_EQ(content.error().detail, "the engine's user may not read it: Permission denied");
}

TEST(Folder, does_not_wait_for_a_pipe_that_nobody_writes_into) {
  const test::TemporaryFolder here;
  ASSERT_EQ(::mkfifo(here.path("pipe").c_str(), 0600), 0);
  const auto folder = Folder::open(here.path());
  const auto entry = entry_of(*folder, "pipe");
  EXPECT_NE(entry.unsuitable, "");
  EXPECT_EQ(*folder->read(entry, 100), "");
}

TEST(Folder, refuses_a_link_that_took_the_place_of_a_file_after_it_was_listed) {
  const test::TemporaryFolder here;
  here.write("a", "MSH|");
  const auto folder = Folder::open(here.path());
  const auto entry = entry_of(*folder, "a");
  std::filesystem::remove(here.path("a"));
  std::filesystem::create_symlink("/etc/passwd", here.path("a"));
  EXPECT_FALSE(folder->read(entry, 100));
  EXPECT_FALSE(folder->still(entry));
}

TEST(Pattern, overlaps_another_where_a_name_fits_both) {
  EXPECT_TRUE(overlap("*", "*"));
  EXPECT_TRUE(overlap("*.hl7", "a*"));
  EXPECT_TRUE(overlap("a?c", "*bc"));
  EXPECT_TRUE(overlap("*a*", "b*"));
  EXPECT_TRUE(overlap("a", "a"));
  EXPECT_FALSE(overlap("*.hl7", "*.txt"));
  EXPECT_FALSE(overlap("a*", "b*"));
  EXPECT_FALSE(overlap("a?", "a"));
  EXPECT_FALSE(overlap("ab", "a"));
}

RC_GTEST_PROP(Pattern, never_denies_a_name_that_fits_both, ()) {
  const auto letters = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab*?")));
  const auto one = *letters, other = *letters;
  const auto name = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab")));
  if (matches(one, name) && matches(other, name)) RC_ASSERT(overlap(one, other));
  RC_ASSERT(overlap(one, other) == overlap(other, one));
}

}  // namespace
}  // namespace myelin::file

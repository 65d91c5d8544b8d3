#include "engine/base/prompt.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <thread>

namespace myelin {
namespace {

// As sched_setattr(2) wants it; our glibc has no name for it.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  // ns: the slice that is asked for; 0: the kernel's own
  std::uint64_t deadline = 0, period = 0;
};
static_assert(sizeof(Attributes) == 48);

// Who gave the process another policy knows why.
void ask_for(std::uint64_t slice) {
  if (::sched_getscheduler(0) != SCHED_OTHER) return;
  Attributes wanted;
  wanted.nice = ::getpriority(PRIO_PROCESS, 0);
  wanted.runtime = slice;
  (void)::syscall(SYS_sched_setattr, 0, &wanted, 0U);
}

}  // namespace

void be_prompt() { ask_for(100'000); }
void be_patient() { ask_for(0); }

void be_last() {
  be_patient();
  constexpr int kLast = 10;
  const auto self = static_cast<id_t>(::syscall(SYS_gettid));
  if (::getpriority(PRIO_PROCESS, self) < kLast) (void)::setpriority(PRIO_PROCESS, self, kLast);
}

void give_way() { ::sched_yield(); }
void stand_back() { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

}  // namespace myelin

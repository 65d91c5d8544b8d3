// The service manager's side of the daemon: readiness, watchdog and status by sd_notify(3), which is a datagram to the
// socket that NOTIFY_SOCKET names. Without that variable (a terminal, a test) every call does nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"

namespace myelin {

class ServiceManager {
 public:
  ServiceManager();  // reads NOTIFY_SOCKET and WATCHDOG_USEC once

  void ready(std::string_view status) const;
  // A reload begins; ready() ends it (systemd 252: Type=notify with RELOADING=1 and MONOTONIC_USEC).
  void reloading(MonoTime now) const;
  void stopping() const;
  void alive() const;  // WATCHDOG=1, from the loop that does the work

  // How often alive() is due; none when no watchdog was asked for.
  std::optional<Duration> watchdog_interval() const { return watchdog_; }

 private:
  void tell(const std::string& message) const;

  std::string socket_;
  std::optional<Duration> watchdog_;
};

}  // namespace myelin

// Arbitrary bytes as the words that peers and files say to the http adapter: URLs, addresses, media types, parameters,
// Retry-After, status paths. Held: no crash, and what is taken for a URL cannot split a request.
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/http/answer.h"
#include "adapters/http/egress.h"
#include "adapters/http/multipart.h"
#include "adapters/http/outcome.h"
#include "adapters/http/status.h"
#include "adapters/http/url.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace myelin;
  using fuzz::require;
  using namespace myelin::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto url = parse_url(text)) {
    require(url->target.starts_with('/') && !url->address.host.empty() && url->address.port != 0);
    for (const auto* part : {&url->target, &url->authority})
      require(part->find_first_of(" \r\n\t#") == std::string::npos);
    require(url->authority.find_first_of("@/?") == std::string::npos);
    static const auto kEgress = *Egress::make({"10.0.0.0/8", "portal.example"});
    if (parse_ip(url->address.host) && kEgress.check_by_name(url->address.host))
      require(kEgress.check(url->address.host, url->address.host).has_value());
  }
  if (const auto network = parse_network(text)) require(network->holds(network->first));
  (void)media_type(text);
  (void)parameter(text, "boundary");
  if (const auto pause = parse_retry_after(text, WallTime())) require(*pause >= Duration::zero());
  if (const auto page = parse_status_path(text)) require(page->ticket.find('/') == std::string::npos);
  return 0;
}

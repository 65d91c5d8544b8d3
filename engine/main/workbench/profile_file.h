// Profiles by hand: found by name in a configuration or by path, read with the tables that stand beside them.
#pragma once

#include <memory>
#include <string>

#include "engine/main/console.h"
#include "routes/profile/profile.h"

namespace myelin {

// `named`: standard, a name of DIRECTORY/profiles, or a path. Mistakes are printed; then there is none.
std::shared_ptr<const routes::Profile> load_profile(const std::string& named, const std::string& directory,
                                                    const Console& console);

}  // namespace myelin

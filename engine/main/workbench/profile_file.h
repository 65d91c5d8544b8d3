// Profiles and the site's dictionary by hand: found in a configuration, or by path, without compiling its channels.
#pragma once

#include <memory>
#include <string>

#include "engine/main/console.h"
#include "routes/profile/profile.h"

namespace myelin {

// From now on the program knows what DIRECTORY/dictionary says, if there is one. False: it has mistakes, which are
// printed.
bool use_site_dictionary(const std::string& directory, const Console& console);

// `named`: standard, a name of DIRECTORY/profiles, or a path. Mistakes are printed; then there is none.
std::shared_ptr<const routes::Profile> load_profile(const std::string& named, const std::string& directory,
                                                    const Console& console);

}  // namespace myelin

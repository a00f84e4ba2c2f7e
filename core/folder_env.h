#ifndef WEIR_CORE_FOLDER_ENV_H_
#define WEIR_CORE_FOLDER_ENV_H_

#include <memory>
#include <string>

#include "weir/core/env.h"

namespace weir {

// An Env for graphs that are not trusted: the machine's ordinary files beneath `folder` only, links
// that lead out of it not followed, and nothing at all when `folder` is empty or missing. Other
// paths are PermissionDenied. Clock and randomness are those of `base`, which must outlive it.
// Thread rule as for Env.
//
// No link that another program swaps in while a file is being opened is followed. Calls that take
// names alone (create, rename, delete, list) can still be led astray by one that exchanges a folder
// of the path for a link at that moment: give away no folder that others write to.
std::unique_ptr<Env> NewFolderEnv(Env& base, const std::string& folder);

}  // namespace weir

#endif  // WEIR_CORE_FOLDER_ENV_H_

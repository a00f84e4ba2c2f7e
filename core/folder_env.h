#ifndef WEIR_CORE_FOLDER_ENV_H_
#define WEIR_CORE_FOLDER_ENV_H_

#include <memory>
#include <string>

#include "weir/core/env.h"

namespace weir {

// An Env for graphs that are not trusted: files beneath `folder` only, links that lead out of it
// not followed, and nothing at all when `folder` is empty. Other paths are PermissionDenied. Clock
// and randomness are those of `base`, which must outlive it. Thread rule as for Env.
std::unique_ptr<Env> NewFolderEnv(Env& base, const std::string& folder);

}  // namespace weir

#endif  // WEIR_CORE_FOLDER_ENV_H_

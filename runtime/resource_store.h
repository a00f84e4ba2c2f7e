#ifndef WEIR_RUNTIME_RESOURCE_STORE_H_
#define WEIR_RUNTIME_RESOURCE_STORE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "weir/core/mutex.h"
#include "weir/core/resource.h"
#include "weir/core/status.h"

namespace weir {

// The named objects of a session: variables, generator states, queues, tables.
// Thread rule: safe from any thread.
class ResourceStore {
 public:
  // The object under (container, name), made by `make` on first use. `container` "" means
  // "localhost".
  std::shared_ptr<Resource> FindOrCreate(const std::string& container, const std::string& name,
                                         const std::function<std::shared_ptr<Resource>()>& make);
  // nullptr when there is none.
  std::shared_ptr<Resource> Find(const std::string& container, const std::string& name) const;
  // False when there was none.
  bool Erase(const std::string& container, const std::string& name);

 private:
  static std::string Key(const std::string& container, const std::string& name);

  mutable Mutex mu_;
  absl::flat_hash_map<std::string, std::shared_ptr<Resource>> objects_ ABSL_GUARDED_BY(mu_);
};

}  // namespace weir

#endif  // WEIR_RUNTIME_RESOURCE_STORE_H_

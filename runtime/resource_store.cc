#include "weir/runtime/resource_store.h"

#include "absl/strings/str_cat.h"

namespace weir {

std::string ResourceStore::Key(const std::string& container, const std::string& name) {
  return absl::StrCat(container.empty() ? "localhost" : container, "/", name);
}

std::shared_ptr<Resource> ResourceStore::FindOrCreate(
    const std::string& container, const std::string& name,
    const std::function<std::shared_ptr<Resource>()>& make) {
  const std::string key = Key(container, name);
  MutexLock lock(mu_);
  std::shared_ptr<Resource>& object = objects_[key];
  if (object == nullptr) object = make();
  return object;
}

std::shared_ptr<Resource> ResourceStore::Find(const std::string& container,
                                              const std::string& name) const {
  const std::string key = Key(container, name);
  MutexLock lock(mu_);
  const auto it = objects_.find(key);
  return it == objects_.end() ? nullptr : it->second;
}

bool ResourceStore::Erase(const std::string& container, const std::string& name) {
  const std::string key = Key(container, name);
  MutexLock lock(mu_);
  return objects_.erase(key) > 0;
}

}  // namespace weir

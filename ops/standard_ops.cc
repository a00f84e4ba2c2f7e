#include "weir/ops/standard_ops.h"

#include "weir/graph/scope.h"

namespace weir {

#include "ops/standard_ops_list.inc"

const OpRegistry& StandardOps() {
  static const OpRegistry* const registry = [] {
    auto* ops = new OpRegistry;
    RegisterAllOps(*ops);
    // An error of a declaration is a defect of this folder: standard_ops_test looks at status().
    (void)ops->Seal();
    return ops;
  }();
  return *registry;
}

Scope Scope::Root() { return Root(StandardOps()); }

}  // namespace weir

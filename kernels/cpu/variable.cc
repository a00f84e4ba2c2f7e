// Variables of both kinds: a Variable in the session's store behind a handle, which a reference
// carries as well.

#include <limits>

#include "weir/kernels/cpu/variable_util.h"
#include "weir/runtime/device.h"
#include "weir/runtime/resource_store.h"

namespace weir {
namespace {

absl::Status ProvideHandle(KernelPrepare& k, ResourceHandle handle) {
  k.Out(0).SetShape(Shape()).Provided();
  Tensor tensor = Tensor::Scalar<ResourceHandle>(std::move(handle));
  return k.Run([tensor](KernelRun& r) {
    r.SetOutput(0, tensor);
    return absl::OkStatus();
  });
}

// VarHandleOp, VariableV2, Variable: finds or makes the variable, once.
absl::Status PrepareVariable(KernelPrepare& k) {
  const std::string container = k.Attr<std::string>("container");
  std::string name = k.Attr<std::string>("shared_name");
  if (name.empty()) name = k.node().name();
  const DataType dtype = k.Attr<DataType>("dtype");
  PartialShape shape = k.Attr<PartialShape>("shape");
  if (k.node().op().name == "Variable" && shape.rank() == 0) shape = PartialShape();

  DeviceMemory* const memory = k.device().allocator().device_memory();
  std::shared_ptr<Resource> object = k.resources().FindOrCreate(
      container, name, [&] { return std::make_shared<Variable>(name, dtype, shape, memory); });
  auto* variable = dynamic_cast<Variable*>(object.get());
  if (variable == nullptr) {
    return InvalidArgument("the name '", name, "' belongs to a ", object->type_name(),
                           ", not a Variable");
  }
  if (variable->dtype() != dtype) {
    return InvalidArgument("the variable '", name, "' is of type ", DataTypeName(variable->dtype()),
                           ", not ", DataTypeName(dtype));
  }
  if (!variable->declared_shape().IsCompatibleWith(shape)) {
    return InvalidArgument("the variable '", name, "' has shape ",
                           variable->declared_shape().ToString(), ", not ", shape.ToString());
  }
  RETURN_IF_ERROR(variable->MoveTo(memory));  // From the host, if it was restored before.
  return ProvideHandle(k, ResourceHandle{container, name, std::move(object)});
}

absl::Status PrepareTemporaryVariable(KernelPrepare& k) {
  const PartialShape partial = k.Attr<PartialShape>("shape");
  if (!partial.IsFullyDefined()) {
    return InvalidArgument("a temporary variable needs a fully defined shape, not ",
                           partial.ToString());
  }
  std::string name = k.Attr<std::string>("var_name");
  if (name.empty()) name = k.node().name();
  const DataType dtype = k.Attr<DataType>("dtype");
  k.Out(0).SetShape(Shape()).Provided();
  return k.Run([name, dtype, shape = partial.ToShape()](KernelRun& r) -> absl::Status {
    auto variable = std::make_shared<Variable>(name, dtype, shape, r.allocator().device_memory());
    ASSIGN_OR_RETURN(Tensor zeros, Tensor::Zeros(dtype, shape, r.allocator()));
    RETURN_IF_ERROR(variable->Assign(std::move(zeros)));
    r.SetOutput(0, Tensor::Scalar<ResourceHandle>({"", name, std::move(variable)}));
    return absl::OkStatus();
  });
}

absl::Status PrepareDestroyTemporaryVariable(KernelPrepare& k) {
  const std::string name = k.Attr<std::string>("var_name");
  k.Out(0).Unsized();
  return k.Run([name](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(Variable* const variable, r.GetVariable(0));
    if (variable->name() != name) {
      return InvalidArgument("expected the temporary variable ", name, ", but got ",
                             variable->name());
    }
    ASSIGN_OR_RETURN(Tensor value, variable->ReadIn(r.memory()));
    variable->Reset();
    r.SetOutput(0, std::move(value));
    return absl::OkStatus();
  });
}

absl::Status PrepareRead(KernelPrepare& k) {
  const DataType dtype = k.Attr<DataType>("dtype");
  PartialShape declared = DeclaredVariableShape(k, 0);
  if (!declared.IsFullyDefined()) declared = k.node().output_shape(0);
  if (declared.IsFullyDefined()) {
    k.Out(0).SetShape(declared.ToShape()).Provided();
  } else {
    k.Out(0).Unsized();
  }
  return k.Run([dtype, declared](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(Variable* const variable, r.GetVariable(0));
    if (variable->dtype() != dtype) {
      return InvalidArgument("Trying to read variable with wrong dtype. Expected ",
                             DataTypeName(dtype), " got ", DataTypeName(variable->dtype()));
    }
    absl::StatusOr<Tensor> value = variable->ReadIn(r.memory());
    if (absl::IsFailedPrecondition(value.status())) {
      return UninitializedVariable(r, 0, /*is_reference=*/false);
    }
    RETURN_IF_ERROR(value.status());
    if (!declared.IsCompatibleWith(value->shape())) {
      return InvalidArgument("the variable ", variable->name(), " holds a value of shape ",
                             value->shape().ToString(), ", but its handle promises ",
                             declared.ToString());
    }
    r.SetOutput(0, *std::move(value));
    return absl::OkStatus();
  });
}

absl::Status PrepareAssignVariable(KernelPrepare& k) {
  return k.Run([](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(Variable* const variable, r.GetVariable(0));
    return variable->Assign(r.In(1));
  });
}

absl::Status PrepareAssign(KernelPrepare& k) {
  k.Out(0).SetShape(Shape()).Alias(0);
  const bool validate = k.Attr<bool>("validate_shape");
  return k.Run([validate](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(Variable* const variable, r.GetVariable(0));
    return validate ? variable->AssignSameShape(r.In(1)) : variable->AssignAnyShape(r.In(1));
  });
}

// Two's-complement addition for integers: overflow wraps.
template <bool kAdd, typename T>
T Combine(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(kAdd ? static_cast<U>(a) + static_cast<U>(b)
                               : static_cast<U>(a) - static_cast<U>(b));
  } else {
    return kAdd ? T(a + b) : T(a - b);
  }
}

template <bool kAdd, typename T>
void UpdateBlock(T* __restrict variable, const T* __restrict value, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) variable[i] = Combine<kAdd>(variable[i], value[i]);
}

// AssignAdd, AssignSub and their forms for resources.
template <bool kAdd>
absl::Status PrepareUpdate(KernelPrepare& k) {
  const bool is_reference = IsReferenceInput(k, 0);
  if (k.num_outputs() > 0) k.Out(0).SetShape(Shape()).Alias(0);
  const DataType dtype = k.In(1).dtype();
  return DispatchNumbers(dtype, [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      return UpdateVariable(r, dtype, is_reference, [&](Tensor& t, const Tensor& value) {
        T* const to = t.mutable_data<T>();
        const T* const from = value.data<T>();
        r.ParallelFor(t.num_elements(), 1,
                      [&](int64_t begin, int64_t end) { UpdateBlock<kAdd>(to, from, begin, end); });
        return absl::OkStatus();
      });
    });
  });
}

absl::Status PrepareIsInitialized(KernelPrepare& k) {
  k.Out(0).SetShape(Shape());
  return k.Run([](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(Variable* const variable, r.GetVariable(0));
    return CopyTensor(Tensor::Scalar(variable->IsInitialized()), r.Out(0));
  });
}

template <typename T>
absl::Status WriteShape(const Shape& shape, T* out) {
  for (int i = 0; i < shape.rank(); ++i) {
    if (static_cast<T>(shape.dim(i)) != shape.dim(i)) {
      return InvalidArgument("dimension ", shape.dim(i), " does not fit in ",
                             DataTypeName(kDTypeOf<T>));
    }
    out[i] = static_cast<T>(shape.dim(i));
  }
  return absl::OkStatus();
}

absl::Status PrepareVariableShape(KernelPrepare& k) {
  k.Out(0).Unsized();
  return k.ForType<int32_t, int64_t>("out_type", [&]<typename T>() {
    return k.Run([](KernelRun& r) -> absl::Status {
      ASSIGN_OR_RETURN(Variable* const variable, r.GetVariable(0));
      Shape shape;
      if (absl::StatusOr<Tensor> value = variable->Read(); value.ok()) {
        shape = value->shape();
      } else if (variable->declared_shape().IsFullyDefined()) {
        shape = variable->declared_shape().ToShape();
      } else {
        return UninitializedVariable(r, 0, /*is_reference=*/false);
      }
      ASSIGN_OR_RETURN(Tensor extents, Tensor::Make(kDTypeOf<T>, Shape({shape.rank()})));
      RETURN_IF_ERROR(WriteShape(shape, extents.mutable_data<T>()));
      RETURN_IF_ERROR(r.AllocateOutput(0, kDTypeOf<T>, extents.shape()));
      return CopyTensor(extents, r.Out(0));
    });
  });
}

absl::Status PrepareDestroyResource(KernelPrepare& k) {
  const bool ignore = k.Attr<bool>("ignore_lookup_error");
  return k.Run([ignore](KernelRun& r) -> absl::Status {
    if (r.In(0).num_elements() != 1) return InvalidArgument("input 0 must be one handle");
    const ResourceHandle& handle = *r.In<ResourceHandle>(0);
    bool found = false;
    if (auto* variable = dynamic_cast<Variable*>(handle.object.get())) {
      // Handles to it stay good, so that it can be assigned again.
      found = variable->IsInitialized();
      variable->Reset();
    } else {
      found = r.resources().Erase(handle.container, handle.name);
    }
    if (found || ignore) return absl::OkStatus();
    return NotFound("Resource ", handle.container, "/", handle.name, " does not exist.");
  });
}

// CountUpTo and ResourceCountUpTo.
absl::Status PrepareCountUpTo(KernelPrepare& k) {
  const bool is_reference = IsReferenceInput(k, 0);
  const int64_t limit = k.Attr<int64_t>("limit");
  k.Out(0).SetShape(Shape());
  return k.ForType<int32_t, int64_t>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) -> absl::Status {
      ASSIGN_OR_RETURN(Variable* const variable,
                       InitializedVariable(r, 0, kDTypeOf<T>, is_reference));
      return variable->Update(r.memory(), [&](Tensor& t) -> absl::Status {
        if (t.rank() != 0) {
          return InvalidArgument("the variable must be a scalar, but has shape ",
                                 t.shape().ToString());
        }
        T& value = *t.mutable_data<T>();
        if (value >= limit || value == std::numeric_limits<T>::max()) {
          return OutOfRange("Reached limit of ", limit);
        }
        *r.Out<T>(0) = value++;
        return absl::OkStatus();
      });
    });
  });
}

absl::Status PrepareRefIdentity(KernelPrepare& k) {
  k.Out(0).SetShape(Shape()).Alias(0);
  return k.NothingToRun();
}

}  // namespace

void RegisterVariableKernels(KernelRegistry& kernels) {
  for (const char* op : {"VarHandleOp", "VariableV2", "Variable"}) {
    kernels.Add(op, kAnyDevice, PrepareVariable);
  }
  kernels.Add("TemporaryVariable", "CPU", PrepareTemporaryVariable);
  kernels.Add("DestroyTemporaryVariable", "CPU", PrepareDestroyTemporaryVariable);
  kernels.Add("ReadVariableOp", kAnyDevice, PrepareRead);
  kernels.Add("AssignVariableOp", kAnyDevice, PrepareAssignVariable);
  kernels.Add("Assign", kAnyDevice, PrepareAssign);
  for (const char* op : {"AssignAdd", "AssignAddVariableOp"}) {
    kernels.Add(op, "CPU", PrepareUpdate<true>);
  }
  for (const char* op : {"AssignSub", "AssignSubVariableOp"}) {
    kernels.Add(op, "CPU", PrepareUpdate<false>);
  }
  for (const char* op : {"IsVariableInitialized", "VarIsInitializedOp"}) {
    kernels.Add(op, kAnyDevice, PrepareIsInitialized);
  }
  kernels.Add("VariableShape", kAnyDevice, PrepareVariableShape);
  kernels.Add("DestroyResourceOp", kAnyDevice, PrepareDestroyResource);
  for (const char* op : {"CountUpTo", "ResourceCountUpTo"}) {
    kernels.Add(op, "CPU", PrepareCountUpTo);
  }
  kernels.Add("RefIdentity", kAnyDevice, PrepareRefIdentity);
}

}  // namespace weir

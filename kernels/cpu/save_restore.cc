// Checkpoints: thin ops over the tensor bundles of weir/io.

#include "absl/strings/str_format.h"
#include "weir/core/env.h"
#include "weir/io/checkpoint.h"
#include "weir/io/tensor_bundle.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

constexpr int kPrefix = 0, kNames = 1, kSlices = 2, kFirstTensor = 3;

absl::Status CheckNames(const KernelPrepare& k, int64_t tensors) {
  if (k.In(kPrefix).shape().num_elements() != 1) {
    return k.InvalidInput(kPrefix, "must be a scalar");
  }
  for (int i : {kNames, kSlices}) {
    if (k.In(i).shape() != Shape({tensors})) {
      return k.InvalidInput(i,
                            absl::StrCat("must have one entry for each of ", tensors, " tensors"));
    }
  }
  return absl::OkStatus();
}

absl::Status SaveTensor(BundleWriter& writer, const std::string& name,
                        const std::string& shape_and_slice, const Tensor& tensor) {
  ASSIGN_OR_RETURN(const ShapeAndSlice spec, ParseShapeAndSlice(shape_and_slice));
  if (spec.whole) return writer.Add(name, tensor);
  if (spec.slice_shape != tensor.shape()) {
    return InvalidArgument(
        "Slice in shape_and_slice specification does not match the shape of the "
        "tensor to save: ",
        shape_and_slice, ", tensor: ", tensor.shape().ToString());
  }
  return writer.AddSlice(name, spec.full_shape, spec.slice, tensor);
}

absl::Status PrepareSave(KernelPrepare& k) {
  const int tensors = k.num_inputs() - kFirstTensor;
  RETURN_IF_ERROR(CheckNames(k, tensors));
  return k.Run([tensors](KernelRun& r) -> absl::Status {
    const std::string& prefix = *r.In<std::string>(kPrefix);
    RETURN_IF_ERROR(r.env().CreateDirectories(DirectoryOf(prefix)));
    ASSIGN_OR_RETURN(const std::unique_ptr<BundleWriter> writer,
                     BundleWriter::Create(r.env(), prefix));
    for (int i = 0; i < tensors; ++i) {
      const std::string& name = r.In<std::string>(kNames)[i];
      RETURN_IF_ERROR(
          Annotate(SaveTensor(*writer, name, r.In<std::string>(kSlices)[i], r.In(kFirstTensor + i)),
                   absl::StrCat("tensor_name = ", name, "; ")));
    }
    return writer->Finish();
  });
}

absl::StatusOr<Tensor> RestoreTensor(const CheckpointReader& reader, const std::string& name,
                                     const std::string& shape_and_slice, DataType dtype,
                                     Allocator& allocator) {
  ASSIGN_OR_RETURN(const CheckpointReader::Info info, reader.Find(name));
  if (info.dtype != dtype) {
    return InvalidArgument("tensor_name = ", name, "; expected dtype ", DataTypeName(dtype),
                           " does not equal original dtype ", DataTypeName(info.dtype));
  }
  ASSIGN_OR_RETURN(const ShapeAndSlice spec, ParseShapeAndSlice(shape_and_slice));
  if (spec.whole) return reader.Read(name, allocator);
  if (spec.full_shape != info.shape) {
    return InvalidArgument(
        "tensor_name = ", name, "; shape in shape_and_slice spec ", spec.full_shape.ToString(),
        " does not match the shape stored in checkpoint: ", info.shape.ToString());
  }
  return reader.ReadSlice(name, spec.slice, allocator);
}

absl::Status PrepareRestore(KernelPrepare& k) {
  const int tensors = k.num_outputs();
  RETURN_IF_ERROR(CheckNames(k, tensors));
  std::vector<DataType> dtypes;
  for (int i = 0; i < tensors; ++i) {
    k.Out(i).Unsized();
    dtypes.push_back(k.OutType(i));
  }
  return k.Run([dtypes](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> reader,
                     OpenCheckpoint(r.env(), *r.In<std::string>(kPrefix)));
    for (size_t i = 0; i < dtypes.size(); ++i) {
      ASSIGN_OR_RETURN(Tensor tensor,
                       RestoreTensor(*reader, r.In<std::string>(kNames)[i],
                                     r.In<std::string>(kSlices)[i], dtypes[i], r.allocator()));
      r.SetOutput(static_cast<int>(i), std::move(tensor));
    }
    return absl::OkStatus();
  });
}

absl::Status PrepareMerge(KernelPrepare& k) {
  if (k.In(0).shape().rank() != 1) return k.InvalidInput(0, "must be a vector");
  if (k.In(1).shape().num_elements() != 1) return k.InvalidInput(1, "must be a scalar");
  const bool delete_old = k.Attr<bool>("delete_old_dirs");
  return k.Run([delete_old](KernelRun& r) -> absl::Status {
    const std::string& destination = *r.In<std::string>(1);
    RETURN_IF_ERROR(r.env().CreateDirectories(DirectoryOf(destination)));
    return MergeBundles(r.env(), r.In(0).values<std::string>(), destination, delete_old);
  });
}

absl::Status CheckScalars(const KernelPrepare& k) {
  for (int i = 0; i < k.num_inputs(); ++i) {
    if (k.In(i).shape().num_elements() != 1) return k.InvalidInput(i, "must be a scalar");
  }
  return absl::OkStatus();
}

absl::Status PrepareShardedFilename(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckScalars(k));
  k.Out(0).SetShape(Shape());
  return k.Run([](KernelRun& r) {
    *r.Out<std::string>(0) = absl::StrFormat("%s-%05d-of-%05d", *r.In<std::string>(0),
                                             *r.In<int32_t>(1), *r.In<int32_t>(2));
    return absl::OkStatus();
  });
}

absl::Status PrepareShardedFilespec(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckScalars(k));
  k.Out(0).SetShape(Shape());
  return k.Run([](KernelRun& r) {
    *r.Out<std::string>(0) =
        absl::StrFormat("%s-\?\?\?\?\?-of-%05d", *r.In<std::string>(0), *r.In<int32_t>(1));
    return absl::OkStatus();
  });
}

}  // namespace

void RegisterSaveRestoreKernels(KernelRegistry& kernels) {
  kernels.Add("SaveV2", "CPU", PrepareSave);
  kernels.Add("RestoreV2", "CPU", PrepareRestore);
  kernels.Add("MergeV2Checkpoints", "CPU", PrepareMerge);
  kernels.Add("ShardedFilename", "CPU", PrepareShardedFilename);
  kernels.Add("ShardedFilespec", "CPU", PrepareShardedFilespec);
}

}  // namespace weir

#ifndef WEIR_OPS_SAVE_RESTORE_H_
#define WEIR_OPS_SAVE_RESTORE_H_

// Checkpoints from inside a graph. Files are those of the session's Env; their formats are
// described in docs/formats.md. Programs usually use weir::Saver, which adds these ops.

#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// Writes `tensors` under the names `tensor_names` (a string vector) into the checkpoint
// `prefix`.index, `prefix`.data-*. Each element of `shape_and_slices` is "" or says that the tensor
// is a part of a larger one: "<full shape> <slice>", as in "10 4 0,5:-". Missing directories are
// made. The files appear only when all is written.
Operation SaveV2(const OpScope& scope, const Input& prefix, const Input& tensor_names,
                 const Input& shape_and_slices, const std::vector<Output>& tensors);
// The tensors of those names, of types `dtypes`, or the parts of them that shape_and_slices asks
// for. NotFound when a name is missing, InvalidArgument when a type or shape differs.
Operation RestoreV2(const OpScope& scope, const Input& prefix, const Input& tensor_names,
                    const Input& shape_and_slices, const std::vector<DataType>& dtypes);
// Makes one checkpoint of several, whose files it takes over.
Operation MergeV2Checkpoints(const OpScope& scope, const Input& checkpoint_prefixes,
                             const Input& destination_prefix, bool delete_old_dirs = true);
// "basename-00001-of-00004", and the same with five question marks for the shard.
Output ShardedFilename(const OpScope& scope, const Input& basename, const Input& shard,
                       const Input& num_shards);
Output ShardedFilespec(const OpScope& scope, const Input& basename, const Input& num_shards);

}  // namespace weir::ops

#endif  // WEIR_OPS_SAVE_RESTORE_H_

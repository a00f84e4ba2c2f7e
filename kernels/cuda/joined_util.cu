#include "weir/kernels/cuda/divide_util.h"
#include "weir/kernels/cuda/joined_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// A piece with elements, in words.
struct Piece {
  char* data;
  int64_t run;  // Of a row.
};

// As many pieces as the arguments of a kernel hold.
constexpr int kMostPieces = 64;

// Walks some neighbouring pieces in the order of the joined tensor, whose memory is thus touched
// word after word however short the runs are.
template <typename W, bool kJoin>
struct JoinedFunction {
  W* joined;           // Where the pieces begin.
  int64_t row_length;  // From row to row of the joined tensor.
  Divider length;      // Of a row of the pieces.
  Divider run;         // If all runs are equal.
  bool is_even = true;
  int count = 0;
  int64_t starts[kMostPieces + 1] = {};
  W* pieces[kMostPieces] = {};

  __device__ int PieceAt(int64_t column) const {
    if (is_even) return static_cast<int>(run.Quotient(column));
    int piece = 0;
    for (int end = count; end - piece > 1;) {
      const int middle = (piece + end) / 2;
      if (starts[middle] <= column) {
        piece = middle;
      } else {
        end = middle;
      }
    }
    return piece;
  }

  __device__ void operator()(int64_t i) const {
    int64_t column;
    const int64_t row = length.Divide(i, &column);
    const int piece = PieceAt(column);
    const int64_t begin = starts[piece], size = starts[piece + 1] - begin;
    W* const whole = joined + row * row_length + column;
    W* const part = pieces[piece] + row * size + (column - begin);
    if constexpr (kJoin) {
      *whole = *part;
    } else {
      *part = *whole;
    }
  }
};

template <typename W, bool kJoin>
absl::Status MoveWords(const KernelRun& r, int64_t rows, const std::vector<Piece>& pieces,
                       char* joined) {
  int64_t row_length = 0;
  for (const Piece& p : pieces) row_length += p.run;
  W* at = reinterpret_cast<W*>(joined);
  for (size_t first = 0; first < pieces.size(); first += kMostPieces) {
    JoinedFunction<W, kJoin> f{at, row_length, Divider(), Divider()};
    f.count = static_cast<int>(std::min<size_t>(kMostPieces, pieces.size() - first));
    for (int i = 0; i < f.count; ++i) {
      const Piece& p = pieces[first + static_cast<size_t>(i)];
      f.pieces[i] = reinterpret_cast<W*>(p.data);
      f.starts[i + 1] = f.starts[i] + p.run;
      f.is_even = f.is_even && p.run == pieces[first].run;
    }
    const int64_t length = f.starts[f.count];
    f.length = Divider(length);
    f.run = Divider(pieces[first].run);
    RETURN_IF_ERROR(ForEach(r, rows * length, f));
    at += length;
  }
  return absl::OkStatus();
}

// `piece_data` has the addresses of the pieces.
template <bool kJoin>
absl::Status Move(const KernelRun& r, DataType dtype, const JoinedRows& joined,
                  const std::vector<char*>& piece_data, char* whole) {
  const int64_t element = static_cast<int64_t>(DataTypeSize(dtype));
  std::vector<Piece> pieces;
  int64_t word = WidestWord(Address(whole));
  for (size_t i = 0; i < piece_data.size(); ++i) {
    const int64_t run = (joined.starts[i + 1] - joined.starts[i]) * element;
    if (run == 0) continue;
    pieces.push_back({piece_data[i], run});
    word = WidestWord(word, run, Address(piece_data[i]));
  }
  for (Piece& p : pieces) p.run /= word;
  return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
    return MoveWords<W, kJoin>(r, joined.rows, pieces, whole);
  });
}

}  // namespace

absl::Status GpuJoinInputs(KernelRun& r, DataType dtype, const JoinedRows& joined, int first) {
  std::vector<char*> pieces;
  for (size_t i = 0; i + 1 < joined.starts.size(); ++i) {
    // Only read.
    pieces.push_back(const_cast<char*>(r.In(first + static_cast<int>(i)).raw_data()));
  }
  return Move<true>(r, dtype, joined, pieces, r.Out(0).mutable_raw_data());
}

absl::Status GpuCutInput(KernelRun& r, DataType dtype, const JoinedRows& joined, int in) {
  std::vector<char*> pieces;
  for (size_t i = 0; i + 1 < joined.starts.size(); ++i) {
    pieces.push_back(r.Out(static_cast<int>(i)).mutable_raw_data());
  }
  return Move<false>(r, dtype, joined, pieces, const_cast<char*>(r.In(in).raw_data()));
}

}  // namespace weir

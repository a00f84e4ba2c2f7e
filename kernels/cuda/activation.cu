// Activation functions and their gradients (kernels/common/activation_functions.h).

#include "weir/kernels/common/activation_functions.h"
#include "weir/kernels/cpu/activation_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

template <typename Op, typename T>
absl::Status PrepareActivation(KernelPrepare& k) {
  const int64_t n = k.In(0).shape().num_elements();
  k.Out(0).SetShape(k.In(0).shape()).MayReuse(0);
  return k.Run([n](KernelRun& r) { return RunUnary<Op, T>(r, n); });
}

template <typename Op, typename T>
absl::Status PrepareGrad(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckActivationGrad(k));
  const int64_t n = k.In(0).shape().num_elements();
  ASSIGN_OR_RETURN(const BroadcastIndex index, PrepareBroadcast(k));
  return k.Run([n, index](KernelRun& r) { return RunBinary<Op, T>(r, n, index); });
}

struct Table {
  template <typename Op, typename... Ts>
  void Add(const char* op, double /*cost*/, Types<Ts...> types) {
    AddForTypes(registry, op, types, []<typename T>(TypeTag<T>, KernelPrepare& k) {
      return PrepareActivation<Op, T>(k);
    });
  }
  template <typename Op, typename... Ts>
  void AddGrad(const char* op, double /*cost*/, Types<Ts...> types) {
    AddForTypes(registry, op, types,
                []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareGrad<Op, T>(k); });
  }

  KernelRegistry& registry;
};

// y[i] = LeakyRelu of x[i], or its gradient where g is not x.
template <typename T>
struct LeakyReluFunction {
  using C = ComputeType<T>;
  static constexpr int kPack = kPackBytes / sizeof(T);

  const T* g;
  const T* x;
  T* y;
  C alpha;

  __device__ T Of(T gradient, T value) const {
    return T(LeakyRelu<C>(static_cast<C>(gradient), static_cast<C>(value), alpha));
  }
  __device__ void operator()(int64_t i) const { y[i] = Of(g[i], x[i]); }
};

template <typename T>
struct LeakyReluPackFunction : LeakyReluFunction<T> {
  using Elements = Pack<T, LeakyReluFunction<T>::kPack>;

  __device__ void operator()(int64_t pack) const {
    const Elements gradients = reinterpret_cast<const Elements*>(this->g)[pack];
    const Elements values = reinterpret_cast<const Elements*>(this->x)[pack];
    Elements out;
    for (int i = 0; i < this->kPack; ++i) {
      out.values[i] = this->Of(gradients.values[i], values.values[i]);
    }
    reinterpret_cast<Elements*>(this->y)[pack] = out;
  }
};

template <typename T>
absl::Status RunLeakyRelu(const KernelRun& r, int64_t n, LeakyReluFunction<T> f) {
  if (!IsPackAligned(f.g) || !IsPackAligned(f.x) || !IsPackAligned(f.y)) return ForEach(r, n, f);
  const int64_t packs = n / f.kPack, done = packs * f.kPack;
  RETURN_IF_ERROR(ForEach(r, packs, LeakyReluPackFunction<T>{f}));
  f.g += done;
  f.x += done;
  f.y += done;
  return ForEach(r, n - done, f);
}

// `x`: the input with the values; the gradients, if they are others, are input 0.
absl::Status PrepareLeaky(KernelPrepare& k, int x) {
  const int64_t n = k.In(0).shape().num_elements();
  k.Out(0).SetShape(k.In(0).shape()).MayReuse(0);
  if (x != 0) k.Out(0).MayReuse(x);
  const float alpha = k.Attr<float>("alpha");
  return ForCudaType<Half, BFloat16, float, double>(k, [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      return RunLeakyRelu<T>(r, n, {r.In<T>(0), r.In<T>(x), r.Out<T>(0), alpha});
    });
  });
}

absl::Status PrepareLeakyReluGrad(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckActivationGrad(k));
  return PrepareLeaky(k, 1);
}

}  // namespace

void RegisterActivationCudaKernels(KernelRegistry& registry) {
  Table table{registry};
  FillActivationTable(table);
  registry.Add("LeakyRelu", "GPU", [](KernelPrepare& k) { return PrepareLeaky(k, 0); });
  registry.Add("LeakyReluGrad", "GPU", PrepareLeakyReluGrad);
}

}  // namespace weir

#include "weir/ops/binary.h"

#include <optional>

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/broadcast_util.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

#define WEIR_BINARY_BUILDER(name)                                     \
  Output name(const OpScope& scope, const Input& x, const Input& y) { \
    return scope.Op(#name).In(x).In(y).Build();                       \
  }

WEIR_BINARY_BUILDER(Add)
WEIR_BINARY_BUILDER(AddV2)
WEIR_BINARY_BUILDER(Sub)
WEIR_BINARY_BUILDER(Mul)
WEIR_BINARY_BUILDER(Div)
WEIR_BINARY_BUILDER(RealDiv)
WEIR_BINARY_BUILDER(FloorDiv)
WEIR_BINARY_BUILDER(TruncateDiv)
WEIR_BINARY_BUILDER(FloorMod)
WEIR_BINARY_BUILDER(Mod)
WEIR_BINARY_BUILDER(TruncateMod)
WEIR_BINARY_BUILDER(SquaredDifference)
WEIR_BINARY_BUILDER(Pow)
WEIR_BINARY_BUILDER(Maximum)
WEIR_BINARY_BUILDER(Minimum)
WEIR_BINARY_BUILDER(DivNoNan)
WEIR_BINARY_BUILDER(MulNoNan)
WEIR_BINARY_BUILDER(Xdivy)
WEIR_BINARY_BUILDER(Xlogy)
WEIR_BINARY_BUILDER(Atan2)
WEIR_BINARY_BUILDER(NextAfter)
WEIR_BINARY_BUILDER(Less)
WEIR_BINARY_BUILDER(LessEqual)
WEIR_BINARY_BUILDER(Greater)
WEIR_BINARY_BUILDER(GreaterEqual)
WEIR_BINARY_BUILDER(Equal)
WEIR_BINARY_BUILDER(NotEqual)
WEIR_BINARY_BUILDER(LogicalAnd)
WEIR_BINARY_BUILDER(LogicalOr)
WEIR_BINARY_BUILDER(BitwiseAnd)
WEIR_BINARY_BUILDER(BitwiseOr)
WEIR_BINARY_BUILDER(BitwiseXor)
WEIR_BINARY_BUILDER(LeftShift)
WEIR_BINARY_BUILDER(RightShift)
WEIR_BINARY_BUILDER(Igamma)
WEIR_BINARY_BUILDER(Igammac)
WEIR_BINARY_BUILDER(IgammaGradA)
WEIR_BINARY_BUILDER(RandomGammaGrad)
WEIR_BINARY_BUILDER(Polygamma)
WEIR_BINARY_BUILDER(Zeta)

#undef WEIR_BINARY_BUILDER

Output ApproximateEqual(const OpScope& scope, const Input& x, const Input& y, float tolerance) {
  return scope.Op("ApproximateEqual").In(x).In(y).Attr("tolerance", tolerance).Build();
}

Output Complex(const OpScope& scope, const Input& real, const Input& imag) {
  const auto is_double = [](const Input& x) {
    return x.is_constant() ? !x.is_literal() && x.value().dtype() == DT_DOUBLE
                           : x.output().valid() && RemoveRef(x.output().type()) == DT_DOUBLE;
  };
  const bool wide = is_double(real) || is_double(imag);
  return scope.Op("Complex")
      .In(real)
      .In(imag)
      .Attr("T", wide ? DT_DOUBLE : DT_FLOAT)
      .Attr("Tout", wide ? DT_COMPLEX128 : DT_COMPLEX64)
      .Build();
}

Output Betainc(const OpScope& scope, const Input& a, const Input& b, const Input& x) {
  return scope.Op("Betainc").In(a).In(b).In(x).Build();
}

}  // namespace ops

namespace {

// x, y, z and dz of z = f(x, y) in a gradient function.
struct BinaryTerms {
  explicit BinaryTerms(GradientContext& g)
      : x(g.scope(), g.In(0)),
        y(g.scope(), g.In(1)),
        z(g.scope(), g.Out(0)),
        dz(g.scope(), g.Grad(0)) {}
  Term Make(const Operation& op) const { return Term(x.scope(), op); }

  Term x, y, z, dz;
};

// The gradients in the broadcast shape; one that does not exist is an invalid term.
struct BinaryGradients {
  Term dx, dy;
};
using BinaryGradient = BinaryGradients (*)(const BinaryTerms& t);

Term Nothing(const BinaryTerms& t) { return Term(t.x.scope(), Output()); }

// `if_true` where `mask`, zero elsewhere. Both have the broadcast shape.
Term Where(const Term& mask, const Term& if_true) {
  const OpScope& s = mask.scope();
  return Term(s, s.Op("Select")
                     .In(mask.output())
                     .In(if_true.output())
                     .In(ZerosLike(if_true).output())
                     .Build());
}

// 1 where x is not 0, and 0 elsewhere, in x's type.
Term NotZero(const Term& x) {
  const OpScope& s = x.scope();
  if (!x.output().valid()) return x;
  const Output nonzero = s.Op("NotEqual").In(x.output()).In(ZerosLike(x).output()).Build();
  return Term(s, s.Op("Cast").In(nonzero).Attr("DstT", RemoveRef(x.output().type())).Build());
}

GradientFn AsGradient(BinaryGradient formula) {
  return [formula](GradientContext& g) {
    const BinaryTerms t(g);
    const BinaryGradients d = formula(t);
    if (d.dx.output().valid()) g.Set(0, SumToShapeOf(g.scope(), d.dx, g.In(0), g.In(1)));
    if (d.dy.output().valid()) g.Set(1, SumToShapeOf(g.scope(), d.dy, g.In(1), g.In(0)));
    return absl::OkStatus();
  };
}

// d/dx: dz / y; d/dy: -dz x / y^2.
BinaryGradients QuotientGradient(const BinaryTerms& t) {
  const Term x = Conj(t.x), y = Conj(t.y);
  return {t.dz / y, t.dz * (-x / y / y)};
}

// d/dx: dz y x^(y-1); d/dy: dz z ln x, taken as 0 where ln x is not real.
BinaryGradients PowGradient(const BinaryTerms& t) {
  const Term x = Conj(t.x), y = Conj(t.y), z = Conj(t.z);
  const OpScope& s = t.x.scope();
  const Term dx = t.dz * y * x.Apply("Pow", (-1.0 + y).output());
  const bool complex = x.output().valid() && IsComplexType(RemoveRef(x.output().type()));
  const Term mask = x.Apply(complex ? "NotEqual" : "Greater", ZerosLike(x).output());
  const Term ones = x.Apply("OnesLike");
  const Term safe(s, s.Op("Select").In(mask.output()).In(x.output()).In(ones.output()).Build());
  return {dx, t.dz * z * Where(mask, safe.Apply("Log"))};
}

// d/dy of P(a, y): y^(a-1) e^-y / Gamma(a).
Term GammaDensity(const Term& a, const Term& y) {
  return ((-1.0 + a) * y.Apply("Log") - y - a.Apply("Lgamma")).Apply("Exp");
}

constexpr char kFloating[] = "{bfloat16, half, float, double}";
constexpr char kFloatDouble[] = "{float, double}";
constexpr char kAdd[] =
    "{bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128, "
    "string}";
constexpr char kAddV2[] =
    "{bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128}";
constexpr char kNumbers[] =
    "{bfloat16, half, float, double, uint8, int8, uint16, int16, int32, int64, complex64, "
    "complex128}";
constexpr char kFewNumbers[] =
    "{bfloat16, half, float, double, int32, int64, complex64, complex128}";
constexpr char kReal[] = "{int32, int64, bfloat16, half, float, double}";
constexpr char kNoNan[] = "{half, float, double, complex64, complex128}";
constexpr char kIntegers[] = "{int8, int16, int32, int64, uint8, uint16, uint32, uint64}";
constexpr char kOrdered[] =
    "{float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";
constexpr char kEquatable[] =
    "{bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, quint8, qint8, "
    "qint32, string, bool, complex128}";

// Arithmetic on known values; nullopt when there is no result.
using IntFunction = std::optional<int64_t> (*)(int64_t, int64_t);

std::optional<int64_t> KnownAdd(int64_t a, int64_t b) {
  int64_t r;
  return CheckedAdd(a, b, &r) ? std::optional<int64_t>(r) : std::nullopt;
}
std::optional<int64_t> KnownSub(int64_t a, int64_t b) {
  int64_t r;
  return __builtin_sub_overflow(a, b, &r) ? std::nullopt : std::optional<int64_t>(r);
}
std::optional<int64_t> KnownMul(int64_t a, int64_t b) {
  int64_t r;
  return CheckedMul(a, b, &r) ? std::optional<int64_t>(r) : std::nullopt;
}
std::optional<int64_t> KnownTruncateDiv(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return b == 0 ? std::nullopt : KnownSub(0, a);
  return a / b;
}
std::optional<int64_t> KnownFloorDiv(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return b == 0 ? std::nullopt : KnownSub(0, a);
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
std::optional<int64_t> KnownFloorMod(int64_t a, int64_t b) {
  if (b == 0) return std::nullopt;
  if (b == -1) return 0;
  const int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
std::optional<int64_t> KnownMaximum(int64_t a, int64_t b) { return a > b ? a : b; }
std::optional<int64_t> KnownMinimum(int64_t a, int64_t b) { return a < b ? a : b; }

ValueFn KnownValue(IntFunction f) {
  return [f](const ValueContext& c) -> std::optional<PartialInts> {
    const PartialInts* x = c.In(0);
    const PartialInts* y = c.In(1);
    if (x == nullptr || y == nullptr) return std::nullopt;
    if (c.InType(0) != DT_INT32 && c.InType(0) != DT_INT64) return std::nullopt;
    const size_t nx = x->values.size(), ny = y->values.size();
    if (nx != ny && nx != 1 && ny != 1) return std::nullopt;
    PartialInts z;
    z.rank = std::max(x->rank, y->rank);
    const size_t n = nx == 1 ? ny : nx;
    for (size_t i = 0; i < n; ++i) {
      const int64_t a = x->values[nx == 1 ? 0 : i], b = y->values[ny == 1 ? 0 : i];
      std::optional<int64_t> value;
      if (a != PartialInts::kUnknown && b != PartialInts::kUnknown) value = f(a, b);
      if (value.has_value() && c.InType(0) == DT_INT32 && *value != static_cast<int32_t>(*value)) {
        value.reset();  // It wraps around: leave that to the kernel.
      }
      z.values.push_back(value.value_or(PartialInts::kUnknown));
    }
    return z;
  };
}

absl::Status BroadcastShape(ShapeContext& c) { return c.Broadcast(); }

struct BinaryRow {
  const char* op;
  const char* types;
  const char* doc;
  BinaryGradient gradient;  // nullptr: nothing flows through the op.
  bool commutative = false;
  IntFunction known = nullptr;
};

const BinaryRow kArithmetic[] = {
    {"Add", kAdd, "z = x + y, joined strings for strings",
     [](const BinaryTerms& t) -> BinaryGradients { return {t.dz, t.dz}; }, false, KnownAdd},
    {"AddV2", kAddV2, "z = x + y",
     [](const BinaryTerms& t) -> BinaryGradients { return {t.dz, t.dz}; }, true, KnownAdd},
    {"Sub", kNumbers, "z = x - y",
     [](const BinaryTerms& t) -> BinaryGradients { return {t.dz, -t.dz}; }, false, KnownSub},
    {"Mul", kNumbers, "z = x y",
     [](const BinaryTerms& t) -> BinaryGradients { return {t.dz * Conj(t.y), Conj(t.x) * t.dz}; },
     true, KnownMul},
    {"Div", kNumbers, "z = x / y; integers are truncated towards zero", QuotientGradient, false,
     KnownTruncateDiv},
    {"RealDiv", kNumbers, "z = x / y", QuotientGradient},
    {"FloorDiv", kNumbers, "z = floor(x / y)", nullptr, false, KnownFloorDiv},
    {"TruncateDiv", kNumbers, "z = x / y, truncated towards zero", nullptr, false,
     KnownTruncateDiv},
    {"FloorMod", kReal, "z = x - y floor(x / y), which has the sign of y",
     [](const BinaryTerms& t) -> BinaryGradients {
       return {t.dz, -t.dz * t.x.Apply("FloorDiv", t.y.output())};
     },
     false, KnownFloorMod},
    {"Mod", "{int32, int64, half, bfloat16, float, double}",
     "z = x - y trunc(x / y), which has the sign of x",
     [](const BinaryTerms& t) -> BinaryGradients {
       return {t.dz, -t.dz * t.x.Apply("TruncateDiv", t.y.output())};
     }},
    {"TruncateMod", kReal, "z = x - y trunc(x / y), which has the sign of x",
     [](const BinaryTerms& t) -> BinaryGradients {
       return {t.dz, -t.dz * t.x.Apply("TruncateDiv", t.y.output())};
     }},
    {"DivNoNan", kNoNan, "z = x / y, but 0 where y = 0",
     [](const BinaryTerms& t) -> BinaryGradients {
       const Output y = Conj(t.y);
       return {t.dz.Apply("DivNoNan", y),
               t.dz * (-Conj(t.x)).Apply("DivNoNan", y).Apply("DivNoNan", y)};
     }},
    {"MulNoNan", kNoNan, "z = x y, but 0 where y = 0, even if x is infinite or not a number",
     [](const BinaryTerms& t) -> BinaryGradients {
       return {t.dz.Apply("MulNoNan", Conj(t.y).output()),
               Conj(t.x).Apply("MulNoNan", t.dz.output())};
     }},
    {"Xdivy", kNoNan, "z = x / y, but 0 where x = 0",
     [](const BinaryTerms& t) -> BinaryGradients {
       const Term x = Conj(t.x), y = Conj(t.y);
       return {t.dz * NotZero(x).Apply("Xdivy", y.output()),
               t.dz * (-x).Apply("Xdivy", Square(y).output())};
     }},
    {"Xlogy", kNoNan, "z = x ln y, but 0 where x = 0",
     [](const BinaryTerms& t) -> BinaryGradients {
       const Term x = Conj(t.x), y = Conj(t.y);
       return {t.dz * NotZero(x).Apply("Xlogy", y.output()), t.dz * x.Apply("Xdivy", y.output())};
     }},
    {"Pow", kFewNumbers, "z = x^y", PowGradient},
    {"Maximum", kReal, "z = the larger of x and y; a tie's gradient goes to x",
     [](const BinaryTerms& t) -> BinaryGradients {
       const Term to_x = t.x.Apply("GreaterEqual", t.y.output());
       return {Where(to_x, t.dz), Where(to_x.Apply("LogicalNot"), t.dz)};
     },
     false, KnownMaximum},
    {"Minimum", kReal, "z = the smaller of x and y; a tie's gradient goes to x",
     [](const BinaryTerms& t) -> BinaryGradients {
       const Term to_x = t.x.Apply("LessEqual", t.y.output());
       return {Where(to_x, t.dz), Where(to_x.Apply("LogicalNot"), t.dz)};
     },
     false, KnownMinimum},
    {"SquaredDifference", kFewNumbers, "z = (x - y)^2, of complex numbers (x - y) conj(x - y)",
     [](const BinaryTerms& t) -> BinaryGradients {
       const Term dx = (2.0 * t.dz) * (t.x - t.y);
       return {dx, -dx};
     },
     true},
    {"Igamma", kFloatDouble, "z = P(a, x), the regularised lower incomplete gamma function",
     [](const BinaryTerms& t) -> BinaryGradients {
       return {t.dz * t.x.Apply("IgammaGradA", t.y.output()), t.dz * GammaDensity(t.x, t.y)};
     }},
    {"Igammac", kFloatDouble, "z = 1 - P(a, x), the regularised upper incomplete gamma function",
     [](const BinaryTerms& t) -> BinaryGradients {
       return {-t.dz * t.x.Apply("IgammaGradA", t.y.output()), -t.dz * GammaDensity(t.x, t.y)};
     }},
    {"Polygamma", kFloatDouble, "z = the a-th derivative of digamma at x",
     [](const BinaryTerms& t) -> BinaryGradients {
       return {Nothing(t), t.dz * (1.0 + t.x).Apply("Polygamma", t.y.output())};
     }},
    {"Zeta", kFloatDouble, "z = sum over k >= 0 of (q + k)^-x, Hurwitz's zeta function",
     [](const BinaryTerms& t) -> BinaryGradients {
       return {Nothing(t), -t.dz * t.x * (1.0 + t.x).Apply("Zeta", t.y.output())};
     }},
    {"BitwiseAnd", kIntegers, "z = x & y, bit by bit", nullptr, true},
    {"BitwiseOr", kIntegers, "z = x | y, bit by bit", nullptr, true},
    {"BitwiseXor", kIntegers, "z = x ^ y, bit by bit", nullptr, true},
    {"LeftShift", kIntegers, "z = x << y, with y held to [0, width - 1]", nullptr},
    {"RightShift", kIntegers, "z = x >> y, with y held to [0, width - 1]", nullptr},
};

// Names of the two arguments that are not "x" and "y".
struct ArgumentNames {
  const char* op;
  const char* x;
  const char* y;
};
constexpr ArgumentNames kArgumentNames[] = {
    {"Igamma", "a", "x"}, {"Igammac", "a", "x"}, {"Polygamma", "a", "x"}, {"Zeta", "x", "q"}};

void RegisterComparisons(OpRegistry& ops) {
  const struct {
    const char* op;
    const char* types;
    const char* doc;
    bool commutative;
  } rows[] = {{"Less", kOrdered, "z = whether x < y", false},
              {"LessEqual", kOrdered, "z = whether x <= y", false},
              {"Greater", kOrdered, "z = whether x > y", false},
              {"GreaterEqual", kOrdered, "z = whether x >= y", false},
              {"Equal", kEquatable, "z = whether x = y", true},
              {"NotEqual", kEquatable, "z = whether x and y differ", true}};
  for (const auto& row : rows) {
    OpDeclaration op = ops.Add(row.op);
    op.Doc(row.doc)
        .In("x: T")
        .In("y: T")
        .Out("z: bool")
        .Attr(absl::StrCat("T: ", row.types))
        .Shape(BroadcastShape)
        .NotDifferentiable();
    if (row.commutative) op.Commutative();
  }
  const struct {
    const char* op;
    const char* doc;
  } logical[] = {{"LogicalAnd", "z = x and y"}, {"LogicalOr", "z = x or y"}};
  for (const auto& row : logical) {
    ops.Add(row.op)
        .Doc(row.doc)
        .In("x: bool")
        .In("y: bool")
        .Out("z: bool")
        .Commutative()
        .Shape(BroadcastShape)
        .NotDifferentiable();
  }
  ops.Add("ApproximateEqual")
      .Doc("z = whether |x - y| < tolerance. The shapes are equal.")
      .In("x: T")
      .In("y: T")
      .Out("z: bool")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
          "bfloat16, uint16, complex128, half, uint32, uint64}")
      .Attr("tolerance: float = 1e-05")
      .Commutative()
      .Shape([](ShapeContext& c) { return c.AllSame(); })
      .NotDifferentiable();
}

// a, b and x are equal in shape, but scalars stand for any shape.
absl::Status BetaincShape(ShapeContext& c) {
  PartialShape out;
  bool all_scalars = true;
  for (int i = 0; i < 3; ++i) {
    if (!c.In(i).known_rank()) {
      all_scalars = false;
    } else if (c.In(i).rank() > 0) {
      all_scalars = false;
      ASSIGN_OR_RETURN(out, out.Merge(c.In(i)));
    }
  }
  return c.Return(all_scalars ? PartialShape(Shape()) : out);
}

// d/dx I_x(a, b) = x^(a-1) (1-x)^(b-1) / B(a, b); none for a and b.
absl::Status BetaincGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Term a(s, g.In(0)), b(s, g.In(1)), x(s, g.In(2)), dz(s, g.Grad(0));
  const Term log_beta = a.Apply("Lgamma") + b.Apply("Lgamma") - (a + b).Apply("Lgamma");
  const Term density =
      ((-1.0 + b) * (-x).Apply("Log1p") + (-1.0 + a) * x.Apply("Log") - log_beta).Apply("Exp");
  g.Set(2, SumToShapeOf(s, dz * density, g.In(2), g.Out(0)));
  return absl::OkStatus();
}

void RegisterOddSignatures(OpRegistry& ops) {
  const struct {
    const char* op;
    const char* first;
    const char* second;
    const char* types;
    const char* doc;
    BinaryGradient gradient;
  } rows[] = {
      {"Atan2", "y: T", "x: T", kFloating, "z = the angle of the point (x, y), in radians",
       [](const BinaryTerms& t) -> BinaryGradients {  // Here x is the op's y, and the reverse.
         const Term scale = t.dz / (Square(t.x) + Square(t.y));
         return {t.y * scale, -t.x * scale};
       }},
      {"NextAfter", "x1: T", "x2: T", "{double, float} = float",
       "The next number after x1 in the direction of x2.",
       [](const BinaryTerms& t) -> BinaryGradients { return {t.dz, ZerosLike(t.dz)}; }},
  };
  for (const auto& row : rows) {
    ops.Add(row.op)
        .Doc(row.doc)
        .In(row.first)
        .In(row.second)
        .Out(row.op[0] == 'A' ? "z: T" : "output: T")
        .Attr(absl::StrCat("T: ", row.types))
        .Shape(BroadcastShape)
        .Gradient(AsGradient(row.gradient));
  }
  ops.Add("IgammaGradA")
      .Doc("z = dP(a, x)/da, P being the regularised lower incomplete gamma function")
      .In("a: T")
      .In("x: T")
      .Out("z: T")
      .Attr(absl::StrCat("T: ", kFloatDouble))
      .Shape(BroadcastShape)
      // Not none by design: P has a second derivative in a, but no op computes it.
      .Gradient([](GradientContext&) {
        return Unimplemented("there is no op for the second derivative of P(a, x) in a");
      });
  ops.Add("RandomGammaGrad")
      .Doc("The derivative in alpha of a sample of the gamma distribution with shape alpha.")
      .In("alpha: T")
      .In("sample: T")
      .Out("output: T")
      .Attr(absl::StrCat("T: ", kFloatDouble))
      .Shape(BroadcastShape)
      .NotDifferentiable();
  ops.Add("Complex")
      .Doc("Complex numbers of the parts real and imag.")
      .In("real: T")
      .In("imag: T")
      .Out("out: Tout")
      .Attr("T: {float, double} = float")
      .Attr("Tout: {complex64, complex128} = complex64")
      .Shape(BroadcastShape)
      .Gradient(AsGradient([](const BinaryTerms& t) -> BinaryGradients {
        const DataType part = t.x.output().valid() ? RemoveRef(t.x.output().type()) : DT_FLOAT;
        const OpScope& s = t.x.scope();
        return {t.Make(s.Op("Real").In(t.dz.output()).Attr("Tout", part).Build()),
                t.Make(s.Op("Imag").In(t.dz.output()).Attr("Tout", part).Build())};
      }));
  ops.Add("Betainc")
      .Doc("z = I_x(a, b), the regularised incomplete beta function")
      .In("a: T")
      .In("b: T")
      .In("x: T")
      .Out("z: T")
      .Attr("T: {float, double}")
      .Shape(BetaincShape)
      .Gradient(BetaincGradient);
}

}  // namespace

void RegisterBinaryOps(OpRegistry& ops) {
  for (const BinaryRow& row : kArithmetic) {
    const char* x = "x";
    const char* y = "y";
    for (const ArgumentNames& names : kArgumentNames) {
      if (absl::string_view(names.op) == row.op) {
        x = names.x;
        y = names.y;
      }
    }
    OpDeclaration op = ops.Add(row.op);
    op.Doc(row.doc)
        .In(absl::StrCat(x, ": T"))
        .In(absl::StrCat(y, ": T"))
        .Out("z: T")
        .Attr(absl::StrCat("T: ", row.types))
        .Shape(BroadcastShape);
    if (row.commutative) op.Commutative();
    if (row.known != nullptr) op.Value(KnownValue(row.known));
    if (absl::string_view(row.op) == "AddV2") op.Aggregate();
    if (row.gradient == nullptr) {
      op.NotDifferentiable();
    } else {
      op.Gradient(AsGradient(row.gradient));
    }
  }
  RegisterComparisons(ops);
  RegisterOddSignatures(ops);
}

}  // namespace weir

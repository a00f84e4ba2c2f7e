#include "weir/ops/unary.h"

#include <cmath>
#include <numbers>

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

#define WEIR_UNARY_BUILDER(name) \
  Output name(const OpScope& scope, const Input& x) { return scope.Op(#name).In(x).Build(); }

WEIR_UNARY_BUILDER(Neg)
WEIR_UNARY_BUILDER(Sign)
WEIR_UNARY_BUILDER(Square)
WEIR_UNARY_BUILDER(Sqrt)
WEIR_UNARY_BUILDER(Rsqrt)
WEIR_UNARY_BUILDER(Reciprocal)
WEIR_UNARY_BUILDER(Exp)
WEIR_UNARY_BUILDER(Expm1)
WEIR_UNARY_BUILDER(Log)
WEIR_UNARY_BUILDER(Log1p)
WEIR_UNARY_BUILDER(Sin)
WEIR_UNARY_BUILDER(Cos)
WEIR_UNARY_BUILDER(Tan)
WEIR_UNARY_BUILDER(Asin)
WEIR_UNARY_BUILDER(Acos)
WEIR_UNARY_BUILDER(Atan)
WEIR_UNARY_BUILDER(Sinh)
WEIR_UNARY_BUILDER(Cosh)
WEIR_UNARY_BUILDER(Tanh)
WEIR_UNARY_BUILDER(Asinh)
WEIR_UNARY_BUILDER(Acosh)
WEIR_UNARY_BUILDER(Atanh)
WEIR_UNARY_BUILDER(Sigmoid)
WEIR_UNARY_BUILDER(Erf)
WEIR_UNARY_BUILDER(Erfc)
WEIR_UNARY_BUILDER(Lgamma)
WEIR_UNARY_BUILDER(Digamma)
WEIR_UNARY_BUILDER(Floor)
WEIR_UNARY_BUILDER(Ceil)
WEIR_UNARY_BUILDER(Round)
WEIR_UNARY_BUILDER(Rint)
WEIR_UNARY_BUILDER(IsNan)
WEIR_UNARY_BUILDER(IsInf)
WEIR_UNARY_BUILDER(IsFinite)
WEIR_UNARY_BUILDER(LogicalNot)
WEIR_UNARY_BUILDER(Invert)
WEIR_UNARY_BUILDER(BesselI0e)
WEIR_UNARY_BUILDER(BesselI1e)

#undef WEIR_UNARY_BUILDER

namespace {

bool IsComplex(const Input& x) {
  const DataType type = x.is_constant()      ? x.value().dtype()
                        : x.output().valid() ? RemoveRef(x.output().type())
                                             : DT_INVALID;
  return IsComplexType(type);
}

DataType PartType(const Input& x) {
  const DataType type = x.is_constant()      ? x.value().dtype()
                        : x.output().valid() ? RemoveRef(x.output().type())
                                             : DT_INVALID;
  return type == DT_COMPLEX128 ? DT_DOUBLE : DT_FLOAT;
}

Output Part(const OpScope& scope, absl::string_view op, const Input& x) {
  return scope.Op(op).In(x).Attr("Tout", PartType(x)).Build();
}

}  // namespace

Output Abs(const OpScope& scope, const Input& x) {
  if (IsComplex(x)) return Part(scope, "ComplexAbs", x);
  return scope.Op("Abs").In(x).Build();
}
Output Conj(const OpScope& scope, const Input& x) {
  return scope.Op(IsComplex(x) ? "Conj" : "Identity").In(x).Build();
}
Output Real(const OpScope& scope, const Input& x) { return Part(scope, "Real", x); }
Output Imag(const OpScope& scope, const Input& x) { return Part(scope, "Imag", x); }
Output Angle(const OpScope& scope, const Input& x) { return Part(scope, "Angle", x); }

}  // namespace ops

namespace {

// x, y and dy of y = f(x) in a gradient function.
struct UnaryTerms {
  explicit UnaryTerms(GradientContext& g)
      : x(g.scope(), g.In(0)), y(g.scope(), g.Out(0)), dy(g.scope(), g.Grad(0)) {}
  Term x, y, dy;
};

using UnaryGradient = Term (*)(const UnaryTerms& t);

GradientFn AsGradient(UnaryGradient formula) {
  return [formula](GradientContext& g) {
    const UnaryTerms terms(g);
    g.Set(0, formula(terms));
    return absl::OkStatus();
  };
}

// Complex numbers made of a real tensor and zeros.
Term FromReal(const Term& re) {
  const DataType out =
      re.output().valid() && re.output().type() == DT_DOUBLE ? DT_COMPLEX128 : DT_COMPLEX64;
  const OpScope& s = re.scope();
  return Term(s, s.Op("Complex").In(re.output()).In(0.0).Attr("Tout", out).Build());
}
Term FromImag(const Term& im) {
  const DataType out =
      im.output().valid() && im.output().type() == DT_DOUBLE ? DT_COMPLEX128 : DT_COMPLEX64;
  const OpScope& s = im.scope();
  return Term(s, s.Op("Complex").In(0.0).In(im.output()).Attr("Tout", out).Build());
}

constexpr char kFloating[] = "{bfloat16, half, float, double}";
constexpr char kFloatingInt[] = "{bfloat16, half, float, double, int32, int64}";
constexpr char kFloatingComplex[] = "{bfloat16, half, float, double, complex64, complex128}";
constexpr char kAllSigned[] =
    "{bfloat16, half, float, double, int32, int64, complex64, complex128}";
constexpr char kIntegers[] = "{int8, int16, int32, int64, uint8, uint16, uint32, uint64}";

struct UnaryRow {
  const char* op;
  const char* types;
  const char* doc;
  UnaryGradient gradient;  // nullptr: nothing flows through the op.
};

// y = op(x), element by element, y of x's type. dx is written over y where that saves work, and
// conjugates complex derivatives.
const UnaryRow kUnaryRows[] = {
    {"Abs", kFloatingInt, "y = |x|", [](const UnaryTerms& t) { return t.dy * t.x.Apply("Sign"); }},
    {"Neg", kAllSigned, "y = -x", [](const UnaryTerms& t) { return -t.dy; }},
    {"Sign", kAllSigned, "y = -1, 0 or 1 by the sign of x; x / |x| for complex x, 0 at 0",
     [](const UnaryTerms& t) { return ZerosLike(t.x); }},
    {"Square", kAllSigned, "y = x * x",
     [](const UnaryTerms& t) { return t.dy * (2.0 * Conj(t.x)); }},
    {"Sqrt", kFloatingComplex, "y = x^(1/2)",
     [](const UnaryTerms& t) { return t.y.Apply("SqrtGrad", t.dy.output()); }},
    {"Rsqrt", kFloatingComplex, "y = x^(-1/2)",
     [](const UnaryTerms& t) { return t.y.Apply("RsqrtGrad", t.dy.output()); }},
    {"Reciprocal", kAllSigned, "y = 1 / x",
     [](const UnaryTerms& t) { return t.y.Apply("ReciprocalGrad", t.dy.output()); }},
    {"Inv", kAllSigned, "y = 1 / x, the older name of Reciprocal",
     [](const UnaryTerms& t) { return t.y.Apply("InvGrad", t.dy.output()); }},
    {"Exp", kFloatingComplex, "y = e^x", [](const UnaryTerms& t) { return t.dy * Conj(t.y); }},
    {"Expm1", kFloatingComplex, "y = e^x - 1, accurate near 0",
     [](const UnaryTerms& t) { return t.dy * Conj(t.x.Apply("Exp")); }},
    {"Log", kFloatingComplex, "y = ln x",
     [](const UnaryTerms& t) { return t.dy * Reciprocal(Conj(t.x)); }},
    {"Log1p", kFloatingComplex, "y = ln(1 + x), accurate near 0",
     [](const UnaryTerms& t) { return t.dy * Reciprocal(1.0 + Conj(t.x)); }},
    {"Sin", kFloatingComplex, "y = sin x",
     [](const UnaryTerms& t) { return t.dy * Conj(t.x).Apply("Cos"); }},
    {"Cos", kFloatingComplex, "y = cos x",
     [](const UnaryTerms& t) { return -t.dy * Conj(t.x).Apply("Sin"); }},
    {"Tan", kAllSigned, "y = tan x",  // dx = dy / cos(x)^2
     [](const UnaryTerms& t) { return t.dy * Square(Reciprocal(Conj(t.x).Apply("Cos"))); }},
    {"Asin", kAllSigned, "y = arcsin x",  // dx = dy / sqrt(1 - x^2)
     [](const UnaryTerms& t) {
       return t.dy * Reciprocal((1.0 - Square(Conj(t.x))).Apply("Sqrt"));
     }},
    {"Acos", kAllSigned, "y = arccos x",  // dx = -dy / sqrt(1 - x^2)
     [](const UnaryTerms& t) {
       return -t.dy * Reciprocal((1.0 - Square(Conj(t.x))).Apply("Sqrt"));
     }},
    {"Atan", kAllSigned, "y = arctan x",  // dx = dy / (1 + x^2)
     [](const UnaryTerms& t) { return t.dy * Reciprocal(1.0 + Square(Conj(t.x))); }},
    {"Sinh", kFloatingComplex, "y = sinh x",
     [](const UnaryTerms& t) { return t.dy * Conj(t.x).Apply("Cosh"); }},
    {"Cosh", kFloatingComplex, "y = cosh x",
     [](const UnaryTerms& t) { return t.dy * Conj(t.x).Apply("Sinh"); }},
    {"Tanh", kFloatingComplex, "y = tanh x",
     [](const UnaryTerms& t) { return Conj(t.y).Apply("TanhGrad", t.dy.output()); }},
    {"Asinh", kFloatingComplex, "y = arsinh x",  // cosh(y) = sqrt(1 + x^2)
     [](const UnaryTerms& t) { return t.dy / Conj(t.y).Apply("Cosh"); }},
    {"Acosh", kFloatingComplex, "y = arcosh x",  // sinh(y) = sqrt(x^2 - 1)
     [](const UnaryTerms& t) { return t.dy / Conj(t.y).Apply("Sinh"); }},
    {"Atanh", kFloatingComplex, "y = artanh x",  // dx = dy / (1 - x^2)
     [](const UnaryTerms& t) { return t.dy * Reciprocal(1.0 - Square(Conj(t.x))); }},
    {"Sigmoid", kFloatingComplex, "y = 1 / (1 + e^-x)",
     [](const UnaryTerms& t) { return Conj(t.y).Apply("SigmoidGrad", t.dy.output()); }},
    {"Erf", kFloating, "y = 2/sqrt(pi) * integral of e^(-t^2) from 0 to x",
     [](const UnaryTerms& t) {
       return 2 / std::sqrt(std::numbers::pi) * t.dy * (-Square(t.x)).Apply("Exp");
     }},
    {"Erfc", kFloating, "y = 1 - erf(x), accurate for large x",
     [](const UnaryTerms& t) {
       return -2 / std::sqrt(std::numbers::pi) * t.dy * (-Square(t.x)).Apply("Exp");
     }},
    {"Lgamma", kFloating, "y = ln |Gamma(x)|",
     [](const UnaryTerms& t) { return t.dy * t.x.Apply("Digamma"); }},
    {"Digamma", kFloating, "y = d/dx ln Gamma(x)",
     [](const UnaryTerms& t) {
       const OpScope& s = t.x.scope();
       return t.dy * Term(s, s.Op("Polygamma").In(1.0).In(t.x.output()).Build());
     }},
    {"BesselI0e", kFloating, "y = e^-|x| I0(x), the modified Bessel function of order 0",
     [](const UnaryTerms& t) { return t.dy * (t.x.Apply("BesselI1e") - t.x.Apply("Sign") * t.y); }},
    {"Floor", kFloating, "y = the largest whole number <= x", nullptr},
    {"Ceil", kFloating, "y = the smallest whole number >= x", nullptr},
    {"Round", kAllSigned, "y = the nearest whole number, the even one of two", nullptr},
    {"Rint", kFloating, "y = the nearest whole number, the even one of two", nullptr},
    {"Invert", kIntegers, "y = x with every bit flipped", nullptr},
};

absl::Status UnaryShape(ShapeContext& c) { return c.SameAsInput(0); }

void AddGradients(OpDeclaration& op, UnaryGradient gradient) {
  if (gradient == nullptr) {
    op.NotDifferentiable();
  } else {
    op.Gradient(AsGradient(gradient));
  }
}

// Bool results.
void RegisterTests(OpRegistry& ops) {
  const struct {
    const char* op;
    const char* doc;
  } rows[] = {{"IsNan", "y = whether x is not a number"},
              {"IsInf", "y = whether x is infinite, of either sign"},
              {"IsFinite", "y = whether x is neither infinite nor not a number"}};
  for (const auto& row : rows) {
    ops.Add(row.op)
        .Doc(row.doc)
        .In("x: T")
        .Out("y: bool")
        .Attr(absl::StrCat("T: ", kFloating))
        .Shape(UnaryShape)
        .NotDifferentiable();
  }
  ops.Add("LogicalNot")
      .Doc("y = not x")
      .In("x: bool")
      .Out("y: bool")
      .Shape(UnaryShape)
      .NotDifferentiable();
}

// Complex in, real out, and Conj.
void RegisterComplexParts(OpRegistry& ops) {
  const struct {
    const char* op;
    const char* in;
    const char* out;
    const char* doc;
    UnaryGradient gradient;
  } rows[] = {
      {"ComplexAbs", "x: T", "y: Tout", "y = |x| = sqrt(re^2 + im^2)",
       [](const UnaryTerms& t) { return FromReal(t.dy) * t.x.Apply("Sign"); }},
      {"Real", "input: T", "output: Tout", "The real part.",
       [](const UnaryTerms& t) { return FromReal(t.dy); }},
      {"Imag", "input: T", "output: Tout", "The imaginary part.",
       [](const UnaryTerms& t) { return FromImag(t.dy); }},
      {"Angle", "input: T", "output: Tout", "The argument atan2(im, re), in radians.",
       [](const UnaryTerms& t) {  // dx = -dy / (im + i re)
         const OpScope& s = t.x.scope();
         const DataType real = t.y.output().valid() ? t.y.output().type() : DT_FLOAT;
         const DataType complex = real == DT_DOUBLE ? DT_COMPLEX128 : DT_COMPLEX64;
         const Output re = s.Op("Real").In(t.x.output()).Attr("Tout", real).Build();
         const Output im = s.Op("Imag").In(t.x.output()).Attr("Tout", real).Build();
         const Term turned(s, s.Op("Complex").In(im).In(re).Attr("Tout", complex).Build());
         return -FromReal(t.dy) * Reciprocal(turned);
       }},
  };
  for (const auto& row : rows) {
    ops.Add(row.op)
        .Doc(row.doc)
        .In(row.in)
        .Out(row.out)
        .Attr("T: {complex64, complex128} = complex64")
        .Attr("Tout: {float, double} = float")
        .Shape(UnaryShape)
        .Gradient(AsGradient(row.gradient));
  }
  ops.Add("Conj")
      .Doc("The complex conjugate: re - i im.")
      .In("input: T")
      .Out("output: T")
      .Attr("T: {complex64, complex128, variant} = complex64")
      .Shape(UnaryShape)
      .Gradient(AsGradient([](const UnaryTerms& t) { return t.dy.Apply("Conj"); }));
}

// z = dy * f'(x) as a function of y = f(x).
void RegisterGradOps(OpRegistry& ops) {
  const struct {
    const char* op;
    const char* doc;
    GradientFn gradient;
  } rows[] = {
      {"SqrtGrad", "z = dy / (2 conj(y)), where y = sqrt(x)",
       [](GradientContext& g) {  // d/dy: -z / y; d/ddy: 1 / (2y)
         const Term y(g.scope(), g.In(0)), z(g.scope(), g.Out(0)), dz(g.scope(), g.Grad(0));
         const Term ga = dz / y;
         g.Set(0, -Conj(ga) * z);
         g.Set(1, 0.5 * ga);
         return absl::OkStatus();
       }},
      {"RsqrtGrad", "z = -dy conj(y)^3 / 2, where y = x^(-1/2)",
       [](GradientContext& g) {
         const Term y(g.scope(), g.In(0)), dy(g.scope(), g.In(1)), dz(g.scope(), g.Grad(0));
         const Term cy = Conj(y);
         g.Set(0, -1.5 * Conj(dz) * dy * Square(cy));
         g.Set(1, cy.Apply("RsqrtGrad", dz.output()));
         return absl::OkStatus();
       }},
      {"ReciprocalGrad", "z = -dy conj(y)^2, where y = 1/x",
       [](GradientContext& g) {
         const Term y(g.scope(), g.In(0)), dy(g.scope(), g.In(1)), dz(g.scope(), g.Grad(0));
         const Term cy = Conj(y);
         g.Set(0, -2.0 * Conj(dz) * dy * cy);
         g.Set(1, cy.Apply("ReciprocalGrad", dz.output()));
         return absl::OkStatus();
       }},
      {"InvGrad", "z = -dy conj(y)^2, where y = 1/x",
       [](GradientContext& g) {
         const Term y(g.scope(), g.In(0)), dy(g.scope(), g.In(1)), dz(g.scope(), g.Grad(0));
         const Term cy = Conj(y);
         g.Set(0, -2.0 * Conj(dz) * dy * cy);
         g.Set(1, cy.Apply("InvGrad", dz.output()));
         return absl::OkStatus();
       }},
      {"TanhGrad", "z = dy (1 - y^2), where y = tanh(x)",
       [](GradientContext& g) {
         const Term cy = Conj(Term(g.scope(), g.In(0)));
         const Term cdy = Conj(Term(g.scope(), g.In(1))), dz(g.scope(), g.Grad(0));
         g.Set(0, -2.0 * dz * cdy * cy);
         g.Set(1, cy.Apply("TanhGrad", dz.output()));
         return absl::OkStatus();
       }},
      {"SigmoidGrad", "z = dy y (1 - y), where y = sigmoid(x)",
       [](GradientContext& g) {
         const Term cy = Conj(Term(g.scope(), g.In(0)));
         const Term cdy = Conj(Term(g.scope(), g.In(1))), dz(g.scope(), g.Grad(0));
         const Term gb = dz * cdy;
         g.Set(0, gb - 2.0 * gb * cy);
         g.Set(1, cy.Apply("SigmoidGrad", dz.output()));
         return absl::OkStatus();
       }},
  };
  for (const auto& row : rows) {
    ops.Add(row.op)
        .Doc(row.doc)
        .In("y: T")
        .In("dy: T")
        .Out("z: T")
        .Attr(absl::StrCat("T: ", kFloatingComplex))
        .Shape([](ShapeContext& c) { return c.AllSame(); })
        .Gradient(row.gradient);
  }
}

}  // namespace

void RegisterUnaryOps(OpRegistry& ops) {
  for (const UnaryRow& row : kUnaryRows) {
    OpDeclaration op = ops.Add(row.op);
    op.Doc(row.doc).In("x: T").Out("y: T").Attr(absl::StrCat("T: ", row.types)).Shape(UnaryShape);
    AddGradients(op, row.gradient);
  }
  // I1e'(x) = I0e(x) - I1e(x) (sign(x) + 1/x), with 1/2 at 0.
  ops.Add("BesselI1e")
      .Doc("y = e^-|x| I1(x), the modified Bessel function of order 1")
      .In("x: T")
      .Out("y: T")
      .Attr(absl::StrCat("T: ", kFloating))
      .Shape(UnaryShape)
      .Gradient(AsGradient([](const UnaryTerms& t) {
        const OpScope& s = t.x.scope();
        const Output zero = ZerosLike(t.x);
        const Output at_zero = s.Op("Equal").In(t.x.output()).In(zero).Build();
        const Output one = s.Op("OnesLike").In(t.x.output()).Build();
        const Term safe(s, s.Op("Select").In(at_zero).In(one).In(t.x.output()).Build());
        const Term slope = t.x.Apply("BesselI0e") - t.y * (t.x.Apply("Sign") + Reciprocal(safe));
        const Term half = 0.5 * Term(s, one);
        return t.dy *
               Term(s, s.Op("Select").In(at_zero).In(half.output()).In(slope.output()).Build());
      }));
  RegisterTests(ops);
  RegisterComplexParts(ops);
  RegisterGradOps(ops);
}

}  // namespace weir

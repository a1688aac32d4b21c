// See elementwise.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/elementwise.h>
#include <gradus/tensor/kernels/math.h>

namespace gradus::GRADUS_ISA {
namespace {

// The C library's functions under one name for both types.
#define GRADUS_LIBRARY_FUNCTION(name)                                          \
  GRADUS_INLINE float name##_(float x) { return __builtin_##name##f(x); }      \
  GRADUS_INLINE double name##_(double x) { return __builtin_##name(x); }
GRADUS_LIBRARY_FUNCTION(sqrt)
GRADUS_LIBRARY_FUNCTION(exp2)
GRADUS_LIBRARY_FUNCTION(expm1)
GRADUS_LIBRARY_FUNCTION(log2)
GRADUS_LIBRARY_FUNCTION(log10)
GRADUS_LIBRARY_FUNCTION(log1p)
GRADUS_LIBRARY_FUNCTION(sin)
GRADUS_LIBRARY_FUNCTION(cos)
GRADUS_LIBRARY_FUNCTION(tan)
GRADUS_LIBRARY_FUNCTION(asin)
GRADUS_LIBRARY_FUNCTION(acos)
GRADUS_LIBRARY_FUNCTION(atan)
GRADUS_LIBRARY_FUNCTION(sinh)
GRADUS_LIBRARY_FUNCTION(cosh)
GRADUS_LIBRARY_FUNCTION(erfc)
GRADUS_LIBRARY_FUNCTION(floor)
GRADUS_LIBRARY_FUNCTION(ceil)
GRADUS_LIBRARY_FUNCTION(nearbyint)
GRADUS_LIBRARY_FUNCTION(fabs)
#undef GRADUS_LIBRARY_FUNCTION

GRADUS_INLINE float pow_(float x, float y) { return __builtin_powf(x, y); }
GRADUS_INLINE double pow_(double x, double y) { return __builtin_pow(x, y); }
/// By repeated squaring; a negative exponent leaves 0 but for the bases 1 and -1.
GRADUS_INLINE std::int64_t pow_(std::int64_t x, std::int64_t y) {
  if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
  std::uint64_t result = 1, base = static_cast<std::uint64_t>(x);
  for (; y > 0; y >>= 1, base *= base) {
    if (y & 1) result *= base;
  }
  return static_cast<std::int64_t>(result);
}

// --- unary -----------------------------------------------------------------------------------------------------------

struct Neg { template <class T> GRADUS_INLINE T f(T x, const double*) { return -x; } };
struct Abs {
  GRADUS_INLINE float f(float x, const double*) { return fabs_(x); }
  GRADUS_INLINE double f(double x, const double*) { return fabs_(x); }
  GRADUS_INLINE std::int64_t f(std::int64_t x, const double*) { return x < 0 ? -x : x; }
};
struct Sign {
  template <class T>
  GRADUS_INLINE T f(T x, const double*) {
    return x != x ? x : static_cast<T>((x > T(0)) - (x < T(0)));
  }
};
struct Square { template <class T> GRADUS_INLINE T f(T x, const double*) { return x * x; } };
struct Rsqrt { template <class T> GRADUS_INLINE T f(T x, const double*) { return T(1) / sqrt_(x); } };
struct Reciprocal { template <class T> GRADUS_INLINE T f(T x, const double*) { return T(1) / x; } };
struct Relu { template <class T> GRADUS_INLINE T f(T x, const double*) { return x <= T(0) ? T(0) : x; } };
struct LeakyRelu {
  template <class T>
  GRADUS_INLINE T f(T x, const double* parameters) {
    return x > T(0) ? x : static_cast<T>(parameters[0]) * x;
  }
};
struct Elu {
  static constexpr bool calls_library = true;
  template <class T>
  GRADUS_INLINE T f(T x, const double* parameters) {
    return x > T(0) ? x : static_cast<T>(parameters[0]) * expm1_(x);
  }
};
struct Softplus {
  static constexpr bool calls_library = true;
  template <class T>
  GRADUS_INLINE T f(T x, const double* parameters) {
    const T beta = static_cast<T>(parameters[0]), scaled = beta * x;
    if (scaled > static_cast<T>(parameters[1])) return x;
    return ((scaled > T(0) ? scaled : T(0)) + log1p_(exp_(-fabs_(scaled)))) / beta;
  }
};
struct LogSigmoid {
  static constexpr bool calls_library = true;
  template <class T>
  GRADUS_INLINE T f(T x, const double*) {
    return (x < T(0) ? x : T(0)) - log1p_(exp_(-fabs_(x)));
  }
};
struct Silu { template <class T> GRADUS_INLINE T f(T x, const double*) { return x * sigmoid_(x); } };
struct Gelu {
  template <class T>
  GRADUS_INLINE T f(T x, const double*) {
    return T(0.5) * x * (T(1) + erf_(x * T(0.70710678118654752440)));
  }
};
struct GeluTanh {
  template <class T>
  GRADUS_INLINE T f(T x, const double*) {
    return T(0.5) * x * (T(1) + tanh_(T(0.79788456080286535588) * (x + T(0.044715) * x * x * x)));
  }
};
/// A bound of integers that is a whole number already; the largest or the smallest one for what lies beyond them,
/// `no_bound` for nan.
GRADUS_INLINE std::int64_t integer_bound(double value, std::int64_t no_bound) {
  if (value >= 0x1p63) return INT64_MAX;
  if (value < -0x1p63) return INT64_MIN;
  return value == value ? static_cast<std::int64_t>(value) : no_bound;
}
struct Clamp {
  template <class T>
  GRADUS_INLINE T f(T x, const double* parameters) {
    T low, high;
    if constexpr (__is_same(T, std::int64_t)) {
      low = integer_bound(ceil_(parameters[0]), INT64_MIN);
      high = integer_bound(floor_(parameters[1]), INT64_MAX);
    } else {
      low = static_cast<T>(parameters[0]);
      high = static_cast<T>(parameters[1]);
    }
    const T above = x < low ? low : x;
    return above > high ? high : above;
  }
};
struct LogicalNot { GRADUS_INLINE bool f(bool x, const double*) { return !x; } };

#define GRADUS_UNARY_FUNCTOR(Name, function) \
  struct Name { template <class T> GRADUS_INLINE T f(T x, const double*) { return function(x); } };
#define GRADUS_LIBRARY_FUNCTOR(Name, function)  \
  struct Name {                                 \
    static constexpr bool calls_library = true; \
    template <class T>                          \
    GRADUS_INLINE T f(T x, const double*) {     \
      return function(x);                       \
    }                                           \
  };
GRADUS_UNARY_FUNCTOR(Sqrt, sqrt_)
GRADUS_UNARY_FUNCTOR(Exp, exp_)
GRADUS_LIBRARY_FUNCTOR(Exp2, exp2_)
GRADUS_LIBRARY_FUNCTOR(Expm1, expm1_)
GRADUS_UNARY_FUNCTOR(Log, log_)
GRADUS_LIBRARY_FUNCTOR(Log2, log2_)
GRADUS_LIBRARY_FUNCTOR(Log10, log10_)
GRADUS_LIBRARY_FUNCTOR(Log1p, log1p_)
GRADUS_LIBRARY_FUNCTOR(Sin, sin_)
GRADUS_LIBRARY_FUNCTOR(Cos, cos_)
GRADUS_LIBRARY_FUNCTOR(Tan, tan_)
GRADUS_LIBRARY_FUNCTOR(Asin, asin_)
GRADUS_LIBRARY_FUNCTOR(Acos, acos_)
GRADUS_LIBRARY_FUNCTOR(Atan, atan_)
GRADUS_LIBRARY_FUNCTOR(Sinh, sinh_)
GRADUS_LIBRARY_FUNCTOR(Cosh, cosh_)
GRADUS_UNARY_FUNCTOR(Tanh, tanh_)
GRADUS_UNARY_FUNCTOR(Sigmoid, sigmoid_)
GRADUS_UNARY_FUNCTOR(Erf, erf_)
GRADUS_LIBRARY_FUNCTOR(Erfc, erfc_)
GRADUS_LIBRARY_FUNCTOR(Floor, floor_)
GRADUS_LIBRARY_FUNCTOR(Ceil, ceil_)
GRADUS_LIBRARY_FUNCTOR(Round, nearbyint_)
#undef GRADUS_UNARY_FUNCTOR
#undef GRADUS_LIBRARY_FUNCTOR

/// Whether a loop of the operation is one over calls of the C library, and not of vectors.
template <class Op>
constexpr bool calls_library = requires {
  Op::calls_library;
};

template <class Op, class T>
void unary(std::int64_t n, const void* x, std::int64_t x_stride, void* y, std::int64_t y_stride,
           const double* parameters) {
  const T* in = static_cast<const T*>(x);
  T* out = static_cast<T*>(y);
  if (x_stride == 1 && y_stride == 1) {
    std::int64_t i = 0;
    if constexpr (__is_same(T, float) && !calls_library<Op>) {
      // Cache line by cache line, each fetched long before its turn: memory works while functions are
      // computed.
      constexpr std::int64_t line = 16;
      for (; i + line <= n; i += line) {
        __builtin_prefetch(in + i + 16 * line);
#pragma omp simd
        for (std::int64_t j = i; j < i + line; ++j) out[j] = Op::f(in[j], parameters);
      }
    }
    for (; i < n; ++i) out[i] = Op::f(in[i], parameters);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i * y_stride] = Op::f(in[i * x_stride], parameters);
  }
}

// --- binary ------------------------------------------------------------------------------------------------------------

struct Add { template <class T> GRADUS_INLINE T f(T a, T b) { return a + b; } };
struct Sub { template <class T> GRADUS_INLINE T f(T a, T b) { return a - b; } };
struct Mul { template <class T> GRADUS_INLINE T f(T a, T b) { return a * b; } };
struct Div { template <class T> GRADUS_INLINE T f(T a, T b) { return a / b; } };
struct Maximum { template <class T> GRADUS_INLINE T f(T a, T b) { return a != a ? a : (a > b ? a : b); } };
struct Minimum { template <class T> GRADUS_INLINE T f(T a, T b) { return a != a ? a : (a < b ? a : b); } };
struct Pow { template <class T> GRADUS_INLINE T f(T a, T b) { return pow_(a, b); } };
struct And { GRADUS_INLINE bool f(bool a, bool b) { return a & b; } };
struct Or { GRADUS_INLINE bool f(bool a, bool b) { return a | b; } };
struct Xor { GRADUS_INLINE bool f(bool a, bool b) { return a ^ b; } };
struct TanhBackward { template <class T> GRADUS_INLINE T f(T g, T y) { return g * (T(1) - y * y); } };
struct SigmoidBackward { template <class T> GRADUS_INLINE T f(T g, T y) { return g * y * (T(1) - y); } };
struct ReluBackward { template <class T> GRADUS_INLINE T f(T g, T y) { return y > T(0) ? g : T(0); } };

/// out = Op(a, b) over a run, with the layouts that occur most written out so that they are vectorised.
template <class Op, class T, class Out>
GRADUS_INLINE void binary_run(std::int64_t n, const T* a, std::int64_t a_stride, const T* b, std::int64_t b_stride,
                              Out* out, std::int64_t stride) {
  if (stride == 1 && a_stride == 1 && b_stride == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = Op::f(a[i], b[i]);
  } else if (stride == 1 && a_stride == 1 && b_stride == 0) {
    const T value = b[0];
    for (std::int64_t i = 0; i < n; ++i) out[i] = Op::f(a[i], value);
  } else if (stride == 1 && a_stride == 0 && b_stride == 1) {
    const T value = a[0];
    for (std::int64_t i = 0; i < n; ++i) out[i] = Op::f(value, b[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i * stride] = Op::f(a[i * a_stride], b[i * b_stride]);
  }
}

template <class Op, class T>
void binary(std::int64_t n, const void* a, std::int64_t a_stride, const void* b, std::int64_t b_stride, void* y,
            std::int64_t y_stride, double) {
  binary_run<Op>(n, static_cast<const T*>(a), a_stride, static_cast<const T*>(b), b_stride, static_cast<T*>(y),
                 y_stride);
}

/// add and sub with a factor on the second operand.
template <class Op, class T>
void scaled_binary(std::int64_t n, const void* a, std::int64_t a_stride, const void* b, std::int64_t b_stride, void* y,
                   std::int64_t y_stride, double alpha) {
  if (alpha == 1) return binary<Op, T>(n, a, a_stride, b, b_stride, y, y_stride, 1);
  const T* left = static_cast<const T*>(a);
  const T* right = static_cast<const T*>(b);
  T* out = static_cast<T*>(y);
  const T factor = static_cast<T>(alpha);
  if (a_stride == 1 && b_stride == 1 && y_stride == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = Op::f(left[i], factor * right[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i * y_stride] = Op::f(left[i * a_stride], factor * right[i * b_stride]);
  }
}

// --- comparisons, where, copy ----------------------------------------------------------------------------------------------

struct Equal { template <class T> GRADUS_INLINE bool f(T a, T b) { return a == b; } };
struct NotEqual { template <class T> GRADUS_INLINE bool f(T a, T b) { return a != b; } };
struct Less { template <class T> GRADUS_INLINE bool f(T a, T b) { return a < b; } };
struct LessEqual { template <class T> GRADUS_INLINE bool f(T a, T b) { return a <= b; } };
struct Greater { template <class T> GRADUS_INLINE bool f(T a, T b) { return a > b; } };
struct GreaterEqual { template <class T> GRADUS_INLINE bool f(T a, T b) { return a >= b; } };

template <class Op, class T>
void compare(std::int64_t n, const void* a, std::int64_t a_stride, const void* b, std::int64_t b_stride, void* y,
             std::int64_t y_stride) {
  binary_run<Op>(n, static_cast<const T*>(a), a_stride, static_cast<const T*>(b), b_stride, static_cast<bool*>(y),
                 y_stride);
}

template <class T>
void where(std::int64_t n, const void* condition, std::int64_t condition_stride, const void* a, std::int64_t a_stride,
           const void* b, std::int64_t b_stride, void* y, std::int64_t y_stride) {
  const bool* choose = static_cast<const bool*>(condition);
  const T* left = static_cast<const T*>(a);
  const T* right = static_cast<const T*>(b);
  T* out = static_cast<T*>(y);
  if (condition_stride == 1 && a_stride == 1 && b_stride == 1 && y_stride == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = choose[i] ? left[i] : right[i];
  } else {
    for (std::int64_t i = 0; i < n; ++i) {
      out[i * y_stride] = choose[i * condition_stride] ? left[i * a_stride] : right[i * b_stride];
    }
  }
}

template <class From, class To>
GRADUS_INLINE To convert(From value) {
  if constexpr (__is_same(To, bool)) return value != From(0);
  else return static_cast<To>(value);
}

template <class From, class To>
void copy(std::int64_t n, const void* x, std::int64_t x_stride, void* y, std::int64_t y_stride) {
  const From* in = static_cast<const From*>(x);
  To* out = static_cast<To*>(y);
  if (x_stride == 1 && y_stride == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = convert<From, To>(in[i]);
  } else if (x_stride == 0 && y_stride == 1) {
    const To value = convert<From, To>(in[0]);
    for (std::int64_t i = 0; i < n; ++i) out[i] = value;
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i * y_stride] = convert<From, To>(in[i * x_stride]);
  }
}

// Rows of the tables: float32, float64, int64, bool.
#define FLOATING(function, Op) {function<Op, float>, function<Op, double>, nullptr, nullptr}
#define NUMERIC(function, Op) {function<Op, float>, function<Op, double>, function<Op, std::int64_t>, nullptr}
#define LOGICAL(function, Op) {nullptr, nullptr, nullptr, function<Op, bool>}
#define EVERY(function, Op) \
  {function<Op, float>, function<Op, double>, function<Op, std::int64_t>, function<Op, bool>}
#define CONVERSIONS(From) {copy<From, float>, copy<From, double>, copy<From, std::int64_t>, copy<From, bool>}

}  // namespace

extern const ElementwiseKernels elementwise_kernels;
const ElementwiseKernels elementwise_kernels = {
    .unary = {NUMERIC(unary, Neg), NUMERIC(unary, Abs), NUMERIC(unary, Sign), NUMERIC(unary, Square),
              FLOATING(unary, Sqrt), FLOATING(unary, Rsqrt), FLOATING(unary, Reciprocal), FLOATING(unary, Exp),
              FLOATING(unary, Exp2), FLOATING(unary, Expm1), FLOATING(unary, Log), FLOATING(unary, Log2),
              FLOATING(unary, Log10), FLOATING(unary, Log1p), FLOATING(unary, Sin), FLOATING(unary, Cos),
              FLOATING(unary, Tan), FLOATING(unary, Asin), FLOATING(unary, Acos), FLOATING(unary, Atan),
              FLOATING(unary, Sinh), FLOATING(unary, Cosh), FLOATING(unary, Tanh), FLOATING(unary, Sigmoid),
              FLOATING(unary, LogSigmoid), NUMERIC(unary, Relu), FLOATING(unary, LeakyRelu), FLOATING(unary, Elu),
              FLOATING(unary, Softplus), FLOATING(unary, Silu), FLOATING(unary, Gelu), FLOATING(unary, GeluTanh),
              FLOATING(unary, Erf), FLOATING(unary, Erfc), FLOATING(unary, Floor), FLOATING(unary, Ceil),
              FLOATING(unary, Round), NUMERIC(unary, Clamp), LOGICAL(unary, LogicalNot)},
    .binary = {NUMERIC(scaled_binary, Add), NUMERIC(scaled_binary, Sub), NUMERIC(binary, Mul), FLOATING(binary, Div),
               NUMERIC(binary, Maximum), NUMERIC(binary, Minimum), NUMERIC(binary, Pow), LOGICAL(binary, And),
               LOGICAL(binary, Or), LOGICAL(binary, Xor), FLOATING(binary, TanhBackward),
               FLOATING(binary, SigmoidBackward), FLOATING(binary, ReluBackward)},
    .compare = {EVERY(compare, Equal), EVERY(compare, NotEqual), EVERY(compare, Less), EVERY(compare, LessEqual),
                EVERY(compare, Greater), EVERY(compare, GreaterEqual)},
    .where = {where<float>, where<double>, where<std::int64_t>, where<bool>},
    .copy = {CONVERSIONS(float), CONVERSIONS(double), CONVERSIONS(std::int64_t), CONVERSIONS(bool)},
};

#undef FLOATING
#undef NUMERIC
#undef LOGICAL
#undef EVERY
#undef CONVERSIONS

}  // namespace gradus::GRADUS_ISA

// Members of Tensor that look at the same elements in another shape, and the copies that follow from them.
#include <gradus/autograd/node.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/elementwise.h>
#include <gradus/tensor/error.h>

#include <algorithm>

namespace gradus {
namespace {

Tensor view_of(const Tensor& base, const Layout& layout) {
  Ref<TensorBody> body(new (allocate(sizeof(TensorBody))) TensorBody);
  body->dtype = base.dtype();
  body->storage = base.body()->storage;
  body->layout = layout;
  return Tensor(std::move(body));
}

/// Records a view; `backward` as in record().
template <class Backward>
Tensor recorded_view(const char* operation, const Tensor& base, const Layout& layout, Backward backward) {
  Tensor view = view_of(base, layout);
  if (recording(base)) {
    record(view, operation, {&base}, std::move(backward));
    node_of(view)->is_view = true;
  }
  return view;
}

/// Zeros of `shape` with the gradient written into the part that `pick` selects: the backward pass of select and slice.
/// It is an operation of its own, so that it can be differentiated: its backward picks again.
template <class Pick>
Tensor embed_gradient(const Tensor& gradient, const Shape& shape, Pick pick) {
  Tensor whole = zeros(shape, gradient.dtype());
  run_copy(gradient, pick(whole));
  if (recording(gradient)) {
    record(whole, "embed", {&gradient}, [pick](Sink& sink, const Tensor& g) { sink.add(0, pick(g)); });
  }
  return whole;
}

template <class Pick>
Tensor picked_view(const char* operation, const Tensor& base, const Layout& layout, Pick pick) {
  return recorded_view(operation, base, layout, [shape = base.shape(), pick](Sink& sink, const Tensor& g) {
    if (sink.create_graph()) return sink.add(0, embed_gradient(g, shape, pick));
    // Straight into the buffer: many slices of one tensor cost one buffer, not one each.
    bool fresh = false;
    Tensor buffer = sink.into(0, fresh);
    if (fresh) buffer.zero_();
    pick(buffer).add_(g);
  });
}

}  // namespace

Tensor Tensor::view(const Shape& wanted) const {
  const Shape shape = infer_shape("view", wanted, this->shape());
  Layout layout;
  if (!try_view(this->layout(), shape, layout)) {
    throw Error("view", describe(*this) + " with strides " + to_string(strides()) + " cannot be seen as " +
                            to_string(shape) + " without a copy; use reshape()");
  }
  return recorded_view("view", *this, layout, [shape = this->shape()](Sink& sink, const Tensor& g) {
    sink.add(0, g.reshape(shape));
  });
}

Tensor Tensor::reshape(const Shape& wanted) const {
  const Shape shape = infer_shape("reshape", wanted, this->shape());
  Layout layout;
  return try_view(this->layout(), shape, layout) ? view(shape) : contiguous().view(shape);
}

Tensor Tensor::flatten(std::int64_t start_axis, std::int64_t end_axis) const {
  const int first = normalize_axis("flatten", start_axis, shape());
  const int last = normalize_axis("flatten", end_axis, shape());
  if (first > last) {
    throw Error("flatten", "axis " + std::to_string(start_axis) + " lies behind axis " + std::to_string(end_axis) +
                               " of shape " + to_string(shape()));
  }
  if (rank() == 0) return reshape({1});
  Shape flat;
  for (int axis = 0; axis < rank(); ++axis) {
    if (axis <= first || axis > last) flat.push_back(shape()[axis]);
    else flat[first] *= shape()[axis];
  }
  return reshape(flat);
}

Tensor Tensor::permute(const Shape& axes) const {
  const Layout layout = gradus::permute(this->layout(), {axes.begin(), axes.end()});
  return recorded_view("permute", *this, layout, [axes](Sink& sink, const Tensor& g) {
    Shape back = axes;
    for (int i = 0; i < axes.rank(); ++i) back[static_cast<int>(axes[i] < 0 ? axes[i] + axes.rank() : axes[i])] = i;
    sink.add(0, g.permute(back));
  });
}

Tensor Tensor::transpose(std::int64_t axis0, std::int64_t axis1) const {
  const Layout layout = gradus::transpose(this->layout(), axis0, axis1);
  if (rank() == 0) return *this;
  return recorded_view("transpose", *this, layout, [axis0, axis1](Sink& sink, const Tensor& g) {
    sink.add(0, g.transpose(axis0, axis1));
  });
}

Tensor Tensor::squeeze() const {
  Shape kept;
  for (std::int64_t size : shape()) {
    if (size != 1) kept.push_back(size);
  }
  return view(kept);
}

Tensor Tensor::squeeze(std::int64_t axis) const {
  const Layout layout = gradus::squeeze(this->layout(), axis);
  return recorded_view("squeeze", *this, layout, [shape = shape()](Sink& sink, const Tensor& g) {
    sink.add(0, g.reshape(shape));
  });
}

Tensor Tensor::unsqueeze(std::int64_t axis) const {
  const Layout layout = gradus::unsqueeze(this->layout(), axis);
  return recorded_view("unsqueeze", *this, layout, [shape = shape()](Sink& sink, const Tensor& g) {
    sink.add(0, g.reshape(shape));
  });
}

Tensor Tensor::expand(const Shape& shape) const {
  const Layout layout = gradus::expand(this->layout(), shape);
  return recorded_view("expand", *this, layout, [](Sink& sink, const Tensor& g) {
    sink.add(0, g);  // the sink sums it down again
  });
}

Tensor Tensor::select(std::int64_t axis, std::int64_t index) const {
  const Layout layout = gradus::select(this->layout(), axis, index);
  return picked_view("select", *this, layout, [axis, index](const Tensor& whole) { return whole.select(axis, index); });
}

Tensor Tensor::slice(std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step) const {
  const Layout layout = gradus::slice(this->layout(), axis, start, stop, step);
  return picked_view("slice", *this, layout,
                     [=](const Tensor& whole) { return whole.slice(axis, start, stop, step); });
}

Tensor Tensor::narrow(std::int64_t axis, std::int64_t start, std::int64_t length) const {
  const int at = normalize_axis("narrow", axis, shape());
  const std::int64_t size = rank() > 0 ? shape()[at] : 0;
  const std::int64_t first = start < 0 ? start + size : start;
  if (length < 0 || first < 0 || first > size || length > size - first) {
    throw Error("narrow", std::to_string(length) + " elements from " + std::to_string(start) +
                              " on do not lie within axis " + std::to_string(axis) + " of shape " +
                              to_string(shape()));
  }
  return slice(at, first, first + length);
}

Tensor Tensor::operator[](std::initializer_list<Index> indices) const {
  Tensor result = *this;
  int axis = 0;
  for (const Index& index : indices) {
    switch (index.kind) {
      case Index::Kind::new_axis: result = result.unsqueeze(axis++); continue;
      case Index::Kind::single:
      case Index::Kind::range: break;
    }
    if (axis >= result.rank()) {
      throw Error("index", std::to_string(indices.size()) + " indices are too many for shape " + to_string(shape()));
    }
    if (index.kind == Index::Kind::single) result = result.select(axis, index.start);
    else if (index.start == 0 && index.stop == end_of_axis && index.step == 1) ++axis;
    else result = result.slice(axis++, index.start, index.stop, index.step);
  }
  return result;
}

// --- copies ----------------------------------------------------------------------------------------------------------------

namespace {

Tensor copy_as(const char* operation, const Tensor& x, DType dtype) {
  Tensor y = empty(x.shape(), dtype);
  run_copy(x, y);
  if (recording(x) && is_floating(dtype)) {
    record(y, operation, {&x}, [](Sink& sink, const Tensor& g) { sink.add(0, g); });  // the sink converts it back
  }
  return y;
}

}  // namespace

Tensor Tensor::to(DType dtype) const { return dtype == this->dtype() ? *this : copy_as("to", *this, dtype); }
Tensor Tensor::contiguous() const { return is_contiguous() ? *this : copy_as("contiguous", *this, dtype()); }
Tensor Tensor::clone() const { return copy_as("clone", *this, dtype()); }

}  // namespace gradus

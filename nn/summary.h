// A model at a glance.
#pragma once
#include <gradus/nn/visit.h>

#include <string>

namespace gradus {

/// A table of the model's layers with the name, shape and size of each parameter and buffer, and the totals
/// below it: parameters, how many of them are trained and how many frozen, bytes. A tied parameter is counted
/// where it stands first. Ends with a line break.
///
///   Classifier
///   layer   type        name    shape       parameters
///   hidden  nn::Linear  weight  (128, 784)     100,352
///                       bias    (128,)             128
///   out     nn::Linear  weight  (10, 128)        1,280
///                       bias    (10,)               10  frozen
///   101,770 parameters (101,760 trained, 10 frozen), 407,080 bytes
std::string summary(const ModelView& model);

}  // namespace gradus

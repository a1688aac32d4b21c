// All of Gradus: a deep-learning framework to learn from, in C++20.
#pragma once
#include <gradus/autograd/autograd.h>
#include <gradus/data/data.h>
#include <gradus/nn/nn.h>
#include <gradus/optim/optim.h>
#include <gradus/tensor/tensor.h>

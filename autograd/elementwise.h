// Everything that works element by element.
#pragma once
#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/pointwise.h>

// Everything of tensor/ that a user needs: the tensor, how it is made, printed and stored, and the machine beneath it.
#pragma once
#include <gradus/tensor/about.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/npy.h>
#include <gradus/tensor/npz.h>
#include <gradus/tensor/packed_weights.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/print.h>
#include <gradus/tensor/random.h>
#include <gradus/tensor/safetensors.h>
#include <gradus/tensor/tensor_class.h>

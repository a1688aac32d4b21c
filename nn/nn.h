// Everything of nn/.
#pragma once
#include <gradus/nn/activation.h>
#include <gradus/nn/attention.h>
#include <gradus/nn/dropout.h>
#include <gradus/nn/embedding.h>
#include <gradus/nn/gru.h>
#include <gradus/nn/init.h>
#include <gradus/nn/layer_norm.h>
#include <gradus/nn/linear.h>
#include <gradus/nn/losses.h>
#include <gradus/nn/model.h>
#include <gradus/nn/sequential.h>
#include <gradus/nn/summary.h>

// Everything of data/: text, corpora, batches.
#pragma once
#include <gradus/data/bucketing.h>
#include <gradus/data/corpus.h>
#include <gradus/data/loader.h>
#include <gradus/data/tokenizer.h>
#include <gradus/data/utf8.h>
#include <gradus/data/vocabulary.h>

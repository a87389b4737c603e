#pragma once
// All kernels. A new header is named here: the compiler's cached module is renewed when this file changes.

#include "alternating.h"
#include "cells.h"
#include "dispatch.h"
#include "factors.h"
#include "inbatch.h"
#include "interaction.h"
#include "nesting.h"
#include "product.h"
#include "scan.h"
#include "scratch.h"
#include "topk.h"
#include "vectors.h"
#if __has_include("training.h")
#include "training.h"
#endif

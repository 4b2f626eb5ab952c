// The verilated twins: a class for each set of parameters (CMakeLists.txt).
#pragma once

#include "tests/hw/verilog/twin_ports.h"

#include "Varray_32x32.h"
#include "Varray_8x3.h"
#include "Varray_8x8.h"
#include "Varray_two_stages.h"
#include "Vencoder_000.h"
#include "Vencoder_001.h"
#include "Vencoder_010.h"
#include "Vencoder_011.h"
#include "Vencoder_100.h"
#include "Vencoder_101.h"
#include "Vencoder_110.h"
#include "Vencoder_111.h"
#include "Vencoder_32.h"
#include "Vpost_8.h"

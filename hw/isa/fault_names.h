// Values of ERROR.code, as software names them.
#pragma once

#include "hw/isa/command/command.h"

namespace bitbalance::isa {

struct FaultName {
  ProgramFault fault;
  const char* name;
};
inline constexpr FaultName kFaultNames[] = {{ProgramFault::kNone, "NONE"},
                                            {ProgramFault::kBadMagic, "BAD_MAGIC"},
                                            {ProgramFault::kBadVersion, "BAD_VERSION"},
                                            {ProgramFault::kWrongConfiguration, "WRONG_CONFIGURATION"},
                                            {ProgramFault::kHeaderCrc, "HEADER_CRC"},
                                            {ProgramFault::kCommandCrc, "COMMAND_CRC"},
                                            {ProgramFault::kBadOpcode, "BAD_OPCODE"},
                                            {ProgramFault::kBadField, "BAD_FIELD"},
                                            {ProgramFault::kStoreOutsideData, "STORE_OUTSIDE_DATA"},
                                            {ProgramFault::kLoadOutsideRegion, "LOAD_OUTSIDE_REGION"},
                                            {ProgramFault::kMemoryError, "MEMORY_ERROR"},
                                            {ProgramFault::kTimeout, "TIMEOUT"},
                                            {ProgramFault::kMisalignedRegion, "MISALIGNED_REGION"}};

}  // namespace bitbalance::isa

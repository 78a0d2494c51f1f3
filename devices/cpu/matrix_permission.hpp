// May this process use the matrix tiles that its CPU advertises? Linux gives AMX' large registers
// on request only; a process that did not ask is killed at the first tile instruction.
#pragma once

namespace motley::devices {

/// Asks for AMX tile data and reads the permission back; false where there is none or it is
/// refused.
bool request_matrix_tiles();

}  // namespace motley::devices

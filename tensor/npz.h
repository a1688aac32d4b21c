// Named tensors in one file of NumPy's: an archive (zip) of npy files. numpy.savez and numpy.load on the
// other side.
#pragma once
#include <gradus/tensor/safetensors.h>

namespace gradus {

/// Writes every tensor as save_npy does, in this order, without compression; the file is replaced as a whole.
/// Names must be different, not empty, UTF-8 and without a NUL; the file and its members stay below 4 GiB.
void save_npz(const std::string& path, const NamedTensors& tensors);

/// Reads what numpy.savez and numpy.savez_compressed write, as load_npy reads every member; the order is the
/// archive's. Nobody vouches for the file: the whole archive is checked, the sums of its members' bytes
/// included, before memory is asked for, and an Error names the file and the member. What could be read but
/// is refused: members of 4 GiB or more (zip64), and an archive that says to hold more than 200 times its own
/// size (above 64 MiB).
NamedTensors load_npz(const std::string& path);

}  // namespace gradus

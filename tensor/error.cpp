#include <gradus/tensor/error.h>

namespace gradus {

Error::Error(std::string_view operation, std::string_view message)
    : std::runtime_error("[" + std::string(operation) + "] " + std::string(message)) {}

}  // namespace gradus

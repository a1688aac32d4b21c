#include <gradus/tensor/memory.h>
#include <gradus/tensor/storage.h>

#include <new>

namespace gradus {

Ref<Storage> Storage::make(std::size_t bytes) {
  Ref<Storage> storage(new (allocate(sizeof(Storage))) Storage);
  storage->data = allocate(bytes);
  storage->bytes = bytes;
  return storage;
}

Ref<Storage> Storage::borrow(void* data, std::size_t bytes) {
  Ref<Storage> storage(new (allocate(sizeof(Storage))) Storage);
  storage->data = data;
  storage->bytes = bytes;
  storage->borrowed = true;
  return storage;
}

void Storage::destroy(Storage* storage) noexcept {
  if (!storage->borrowed) deallocate(storage->data, storage->bytes);
  storage->~Storage();
  deallocate(storage, sizeof(Storage));
}

}  // namespace gradus

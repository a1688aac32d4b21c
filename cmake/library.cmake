# The library `gradus` (gradus::gradus): one static archive of all folders.
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(BLAS REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.9 REQUIRED)
find_package(ZLIB REQUIRED)

set(GRADUS_FOLDERS tensor autograd nn optim data)

# Sources include <gradus/FOLDER/FILE.h>, as users do: links in the build folder give the folders that name.
set(GRADUS_INCLUDE ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${GRADUS_INCLUDE}/gradus)
foreach(entry IN ITEMS ${GRADUS_FOLDERS} gradus.h)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${entry} ${GRADUS_INCLUDE}/gradus/${entry} SYMBOLIC)
endforeach()

list(TRANSFORM GRADUS_FOLDERS REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/\\1/*.cpp" OUTPUT_VARIABLE patterns)
file(GLOB sources CONFIGURE_DEPENDS ${patterns})
file(GLOB kernel_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tensor/kernels/*_kernels.cpp)

set(gradus_warnings "")
if(PROJECT_IS_TOP_LEVEL)
  # Clang counts the changes of sign to -Wconversion, GCC does not.
  set(gradus_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    list(APPEND gradus_warnings -Wno-restrict)  # false alarms on the sum of two strings (GCC bug 105651)
  endif()
endif()

add_library(gradus STATIC ${sources} ${PROJECT_SOURCE_DIR}/tensor/kernels/dispatch.cpp)
add_library(gradus::gradus ALIAS gradus)

add_library(gradus_options INTERFACE)
target_compile_features(gradus_options INTERFACE cxx_std_20)
target_include_directories(gradus_options INTERFACE ${GRADUS_INCLUDE})
target_compile_options(gradus_options INTERFACE ${gradus_warnings})

target_compile_features(gradus PUBLIC cxx_std_20)
target_include_directories(gradus PUBLIC $<BUILD_INTERFACE:${GRADUS_INCLUDE}> $<INSTALL_INTERFACE:include>)
target_compile_options(gradus PRIVATE ${gradus_warnings})
target_compile_definitions(gradus PRIVATE GRADUS_VERSION="${PROJECT_VERSION}")
target_link_libraries(gradus PRIVATE OpenMP::OpenMP_CXX BLAS::BLAS Threads::Threads ZLIB::ZLIB
                             $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>)

# The kernels, once per instruction set (tensor/kernels/dispatch.h).
set(kernel_flags -O3 -fno-trapping-math -fno-math-errno -ffp-contract=fast -fopenmp-simd)
# The float64 kernels call the C library, so their loops cannot be vectorised, and Clang says so at each.
list(APPEND kernel_flags $<$<CXX_COMPILER_ID:Clang>:-Wno-pass-failed>)
# Readers of files hardly use the kernels, which take many minutes to compile with all that.
if(GRADUS_BUILD_FUZZERS)
  list(APPEND kernel_flags -fno-sanitize=all)
endif()
set(isa_flags_baseline "")
set(isa_flags_avx2 -mavx2 -mfma)
set(isa_flags_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mprefer-vector-width=512)
set(instruction_sets baseline)
if(GRADUS_X86_KERNELS AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND instruction_sets avx2 avx512)
  target_compile_definitions(gradus PRIVATE GRADUS_HAS_X86_KERNELS)
endif()
foreach(isa IN LISTS instruction_sets)
  add_library(gradus_kernels_${isa} OBJECT ${kernel_sources})
  target_link_libraries(gradus_kernels_${isa} PRIVATE gradus_options)
  target_compile_definitions(gradus_kernels_${isa} PRIVATE GRADUS_ISA=${isa})
  target_compile_options(gradus_kernels_${isa} PRIVATE ${kernel_flags} ${isa_flags_${isa}})
  set_target_properties(gradus_kernels_${isa} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  if(NOT isa STREQUAL baseline)  # clang-tidy and editors need no file more than once
    set_target_properties(gradus_kernels_${isa} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
  endif()
  target_sources(gradus PRIVATE $<TARGET_OBJECTS:gradus_kernels_${isa}>)
endforeach()
# Products on matrix tiles have no version for other processors. -Wno-maybe-uninitialized: false alarms in GCC's own
# header (GCC bug 105593).
if(GRADUS_X86_KERNELS AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(tile_product ${PROJECT_SOURCE_DIR}/tensor/kernels/tile_product.cpp)
  target_sources(gradus PRIVATE ${tile_product})
  set_source_files_properties(${tile_product} PROPERTIES COMPILE_DEFINITIONS GRADUS_ISA=amx)
  set_source_files_properties(
    ${tile_product} PROPERTIES COMPILE_OPTIONS
                               "${kernel_flags};${isa_flags_avx512};-mamx-tile;-mamx-bf16;$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>")
endif()
set_target_properties(gradus PROPERTIES POSITION_INDEPENDENT_CODE ON)

# Random numbers are the same bits on every instruction set: no product and sum may be rounded as one.
set_source_files_properties(${PROJECT_SOURCE_DIR}/tensor/kernels/random_kernels.cpp PROPERTIES COMPILE_OPTIONS
                                                                                              -ffp-contract=off)

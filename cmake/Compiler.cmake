# The compiler probe and the flags every target shares.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR
    "Theater needs clang 19 or newer (found ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}). "
    "Run tools/setup, then configure with a preset: cmake --preset dev")
endif()

include(CheckCXXSourceCompiles)
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
check_cxx_source_compiles("
  #include <expected>
  #include <span>
  std::expected<int, int> f() { return 1; }
  int main() { return *f() - 1; }" THEATER_HAVE_STD_EXPECTED)
if(NOT THEATER_HAVE_STD_EXPECTED)
  message(FATAL_ERROR "the C++ library lacks std::expected: libstdc++ 12 or newer is needed")
endif()

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
find_program(THEATER_CCACHE ccache)
if(THEATER_CCACHE)
  # Needed for precompiled headers; nothing of ours uses __DATE__ or __TIME__.
  set(THEATER_CCACHE "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${THEATER_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${THEATER_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${THEATER_CCACHE}")
endif()

add_library(theater_flags INTERFACE)
target_include_directories(theater_flags INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_BINARY_DIR}/generated")
target_compile_options(theater_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough -Wunused-result
  -Wno-missing-field-initializers -fno-omit-frame-pointer)
target_link_options(theater_flags INTERFACE -fuse-ld=lld)

set(THEATER_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=")
if(THEATER_SANITIZE)
  add_compile_options(-fsanitize=${THEATER_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${THEATER_SANITIZE})
endif()
option(THEATER_COVERAGE "measure test coverage" OFF)
if(THEATER_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
option(THEATER_FUZZ "build the fuzz targets" OFF)
if(THEATER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Precompiled headers: what most files include of the standard library, fmt and GoogleTest, parsed
# once for all targets. None of our own headers belong here: a change of them must rebuild only
# what includes them.
option(THEATER_PRECOMPILE "parse the standard headers once for all targets" ON)
# Lets a compiler cache tell an old precompiled header from a new one by what is in it.
set(theater_precompile_options "SHELL:-Xclang -fno-pch-timestamp")
# The form that a compiler cache knows: it then serves checkouts in other folders too.
set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -include-pch <PCH_FILE>)

# Test programs run once: what they call is optimized, they are not. That halves what they cost.
set(theater_test_options $<$<CONFIG:Release>:-O0>)

# theater_precompiled(NAME LIBRARIES library... HEADERS header...): a target that parses HEADERS.
function(theater_precompiled name)
  cmake_parse_arguments(PCH "" "" "LIBRARIES;HEADERS" ${ARGN})
  set(source "${CMAKE_BINARY_DIR}/${name}.cc")
  file(CONFIGURE OUTPUT "${source}" CONTENT "")
  add_library(${name} OBJECT "${source}")
  target_link_libraries(${name} PRIVATE theater_flags ${PCH_LIBRARIES})
  target_compile_options(${name} PRIVATE ${theater_precompile_options})
  target_precompile_headers(${name} PRIVATE ${PCH_HEADERS})
endfunction()

# theater_precompile(TARGET [header...]): lets a library or a test program use them. A library
# that names more headers of libraries gets a precompiled header of its own.
function(theater_precompile target)
  if(NOT THEATER_PRECOMPILE)
    return()
  endif()
  target_compile_options(${target} PRIVATE ${theater_precompile_options})
  if(ARGN)
    target_precompile_headers(${target} PRIVATE ${theater_standard_headers} ${ARGN})
    return()
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    target_precompile_headers(${target} REUSE_FROM theater_precompiled_tests)
  else()
    target_precompile_headers(${target} REUSE_FROM theater_precompiled_library)
  endif()
endfunction()

set(theater_standard_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <cstdint> <cstring> <deque> <expected>
  <filesystem> <functional> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view>
  <thread> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
if(THEATER_PRECOMPILE)
  theater_precompiled(theater_precompiled_library
    LIBRARIES fmt::fmt HEADERS ${theater_standard_headers})
  theater_precompiled(theater_precompiled_tests
    LIBRARIES fmt::fmt GTest::gtest HEADERS ${theater_standard_headers} <gtest/gtest.h>)
  # Programs are compiled position independent in another way than libraries.
  set_target_properties(theater_precompiled_tests PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(theater_precompiled_tests PRIVATE -fPIE ${theater_test_options})
endif()

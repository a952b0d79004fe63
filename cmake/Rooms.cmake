# theater_room(NAME DEPENDS room... LIBRARIES library...): one static library from the room's
# sources and, from its *_test.cc files, one test program. Files are found by name, so that adding
# a file needs no change here.
find_package(GTest REQUIRED)
find_package(fmt REQUIRED)
include(GoogleTest)
include(Precompiled)

function(theater_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;LIBRARIES;TEST_LIBRARIES;PRECOMPILED" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "*.cc")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")

  if(sources)
    add_library(theater_${name} STATIC ${sources})
    theater_precompile(theater_${name} ${ROOM_PRECOMPILED})
    set(scope PUBLIC)
  else()
    add_library(theater_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(theater_${name} ${scope} theater_flags ${ROOM_LIBRARIES})
  foreach(room IN LISTS ROOM_DEPENDS)
    target_link_libraries(theater_${name} ${scope} theater_${room})
  endforeach()

  if(tests AND NOT THEATER_FUZZ)
    add_executable(theater_${name}_test ${tests})
    target_compile_options(theater_${name}_test PRIVATE ${theater_test_options})
    theater_precompile(theater_${name}_test)
    target_link_libraries(theater_${name}_test PRIVATE
      theater_${name} GTest::gtest GTest::gmock GTest::gtest_main ${ROOM_TEST_LIBRARIES})
    gtest_discover_tests(theater_${name}_test
      TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300 LABELS "unit")
  endif()
endfunction()

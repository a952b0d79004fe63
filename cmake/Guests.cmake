# Guests: components built from source, and native tests of their logic.
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
find_program(THEATER_WASM_TOOLS wasm-tools
  HINTS "$ENV{THEATER_WASM_TOOLS}/.." "${CMAKE_SOURCE_DIR}/build/tools/python/bin"
  DOC "builds components; tools/setup installs it")
if(NOT THEATER_WASM_TOOLS)
  message(WARNING "wasm-tools not found: the sample actors are not built. Run tools/setup.")
endif()
set(THEATER_COMPONENT_FOLDER "${CMAKE_SOURCE_DIR}/build/actors")

file(GLOB_RECURSE theater_kit_files CONFIGURE_DEPENDS
  "${CMAKE_SOURCE_DIR}/wit/*.wit" "${CMAKE_SOURCE_DIR}/sdk/cpp/include/*.h"
  "${CMAKE_SOURCE_DIR}/sdk/cpp/source/*.cc" "${CMAKE_SOURCE_DIR}/tools/wit/*.py"
  "${CMAKE_SOURCE_DIR}/tools/wit_bindgen.py" "${CMAKE_SOURCE_DIR}/tools/build_component.py")

# theater_guest_test(NAME SOURCE...): native tests of guest code.
function(theater_guest_test name)
  if(NOT THEATER_WASM_TOOLS OR THEATER_FUZZ)
    return()
  endif()
  add_executable(theater_guest_${name}_test ${ARGN})
  target_link_libraries(theater_guest_${name}_test PRIVATE theater_guest_kit GTest::gtest_main)
  gtest_discover_tests(theater_guest_${name}_test
    TEST_PREFIX "guest_${name}." DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300 LABELS "unit")
endfunction()

# theater_component(NAME): builds actors/NAME into build/actors/NAME.wasm, whatever the preset: a
# component is the same in all of them. Its *_test.cc become a native test.
function(theater_component name)
  if(NOT THEATER_WASM_TOOLS)
    return()
  endif()
  set(folder "${CMAKE_SOURCE_DIR}/actors/${name}")
  theater_guest(${name} "${folder}" "${THEATER_COMPONENT_FOLDER}/${name}.wasm")
  add_dependencies(theater_actors theater_actor_${name})

  file(GLOB tests CONFIGURE_DEPENDS "${folder}/*_test.cc")
  if(tests)
    theater_guest_test(${name} ${tests})
  endif()
endfunction()

# theater_guest(NAME FOLDER OUTPUT): builds the project in FOLDER into the component OUTPUT.
function(theater_guest name folder output)
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cc" "${folder}/*.h" "${folder}/wit/*.wit")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/tools/build_component.py" "${folder}"
            --output "${output}" --work "${CMAKE_BINARY_DIR}/guests/${name}"
            --kit-work "${CMAKE_SOURCE_DIR}/build/guest-kit" --wasm-tools "${THEATER_WASM_TOOLS}"
    DEPENDS ${sources} ${theater_kit_files}
    COMMENT "Building the component ${name}"
    VERBATIM)
  add_custom_target(theater_actor_${name} ALL DEPENDS "${output}")
endfunction()

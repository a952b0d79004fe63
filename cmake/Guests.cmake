# theater_component(NAME): builds actors/NAME into build/actors/NAME.wasm, whatever the preset: a
# component is the same in all of them.
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

function(theater_component name)
  if(NOT THEATER_WASM_TOOLS)
    return()
  endif()
  set(folder "${CMAKE_SOURCE_DIR}/actors/${name}")
  set(output "${THEATER_COMPONENT_FOLDER}/${name}.wasm")
  set(work "${CMAKE_BINARY_DIR}/guests")
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cc" "${folder}/wit/*.wit")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/tools/build_component.py" "${folder}"
            --output "${output}" --work "${work}/${name}" --kit-work "${work}"
            --wasm-tools "${THEATER_WASM_TOOLS}"
    DEPENDS ${sources} ${theater_kit_files}
    COMMENT "Building the component ${name}"
    VERBATIM)
  add_custom_target(theater_actor_${name} ALL DEPENDS "${output}")
  add_dependencies(theater_actors theater_actor_${name})
endfunction()

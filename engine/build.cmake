# Runs cargo, then brings the library and the headers that wasmtime's build script installed into
# the build tree. Progress goes to the terminal; cargo's messages say where the headers are.
set(messages "${LIBRARY}.messages")
execute_process(
  COMMAND "${CMAKE_COMMAND}" -E env "CARGO_TARGET_DIR=${TARGET_DIR}"
    "${CARGO}" build --release --locked --message-format=json-render-diagnostics
  WORKING_DIRECTORY "${SOURCE}"
  OUTPUT_FILE "${messages}"
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "cargo could not build the engine (exit status ${status})")
endif()

file(STRINGS "${messages}" lines REGEX "build-script-executed.*wasmtime-c-api-impl")
list(GET lines 0 line)
string(REGEX MATCH "\"out_dir\":\"([^\"]*)\"" found "${line}")
set(installed "${CMAKE_MATCH_1}/include")
if(NOT EXISTS "${installed}/wasmtime.h")
  message(FATAL_ERROR "wasmtime's build script left no headers in ${installed}")
endif()
file(COPY "${installed}/" DESTINATION "${INCLUDE}")
file(COPY "${SOURCE}/include/" DESTINATION "${INCLUDE}")
file(REMOVE "${LIBRARY}")
file(CREATE_LINK "${TARGET_DIR}/release/libtheater_engine.a" "${LIBRARY}" COPY_ON_ERROR)
file(TOUCH_NOCREATE "${LIBRARY}")

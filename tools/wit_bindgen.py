#!/usr/bin/env python3
"""Writes the C++ guest bindings of a WIT package.

    tools/wit_bindgen.py wit --output build/generated/theater/bindings.h
    tools/wit_bindgen.py project/wit --world actor --output bindings.h

Without --world, every interface can be imported and exported; what a guest does not use costs
nothing. Needs Python's standard library and wasm-tools.
"""

import argparse
import json
import pathlib
import subprocess
import sys

from wit import cpp_functions, cpp_types, model
from wit.tool import ToolError, find_wasm_tools, write_if_changed

_HEAD = """\
// C++ guest bindings. Written by tools/wit_bindgen.py; the WIT is the source.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>

#include "theater/wit.h"
"""


def header(document: dict, world: str | None = None) -> str:
    """The text of the bindings for a document that wasm-tools printed."""
    scopes = model.load(document, world)
    lines = cpp_functions.tuple_definitions(cpp_functions.tuple_arities(scopes))
    lines += cpp_types.definitions(scopes)
    for scope in scopes:
        lines += cpp_functions.import_definitions(scope)
        lines += cpp_functions.export_definitions(scope)
    lines += cpp_functions.export_macro(scopes)
    return _HEAD + "\n" + "\n".join(lines) + "\n"


def resolve(wasm_tools: str, wit: pathlib.Path) -> dict:
    """The WIT package at a path, in JSON."""
    done = subprocess.run([wasm_tools, "component", "wit", "--json", str(wit)], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise ToolError(f"{wit}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes the C++ guest bindings of a WIT package.")
    parser.add_argument("wit", type=pathlib.Path, help="WIT file or folder")
    parser.add_argument("--world", help="only what this world imports and exports")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="the header to write")
    parser.add_argument("--wasm-tools", help="the program to resolve WIT with")
    arguments = parser.parse_args()
    try:
        document = resolve(find_wasm_tools(arguments.wasm_tools), arguments.wit)
        write_if_changed(arguments.output, header(document, arguments.world))
    except (model.WitError, ToolError) as error:
        print(f"wit_bindgen: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Reads the import and export names of a core WebAssembly module."""

import pathlib

_IMPORT_SECTION, _EXPORT_SECTION = 2, 7
_FUNCTION, _TABLE, _MEMORY, _GLOBAL = range(4)


def names(path: pathlib.Path) -> tuple[list[tuple[str, str]], list[str]]:
    """The functions imported, as (module, name), and the names of the functions exported."""
    reader = _Reader(path.read_bytes())
    if reader.take(8) != b"\0asm\1\0\0\0":
        raise ValueError(f"{path} is not a core WebAssembly module")
    imports: list[tuple[str, str]] = []
    exports: list[str] = []
    while reader.at < len(reader.data):
        section, size = reader.take(1)[0], reader.number()
        body = _Reader(reader.take(size))
        if section == _IMPORT_SECTION:
            imports = body.imports()
        elif section == _EXPORT_SECTION:
            exports = body.exports()
    return imports, exports


class _Reader:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        taken = self.data[self.at:self.at + count]
        self.at += count
        return taken

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self) -> str:
        return self.take(self.number()).decode()

    def limits(self):
        flags = self.number()
        for _ in range(2 if flags & 1 else 1):
            self.number()

    def imports(self) -> list[tuple[str, str]]:
        found = []
        for _ in range(self.number()):
            module, name, kind = self.text(), self.text(), self.take(1)[0]
            if kind == _FUNCTION:
                self.number()
                found.append((module, name))
            elif kind == _TABLE:
                self.take(1)
                self.limits()
            elif kind == _MEMORY:
                self.limits()
            else:
                self.take(2)
        return found

    def exports(self) -> list[str]:
        found = []
        for _ in range(self.number()):
            name, kind = self.text(), self.take(1)[0]
            self.number()
            if kind == _FUNCTION:
                found.append(name)
        return found

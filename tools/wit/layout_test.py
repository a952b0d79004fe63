"""Sizes, alignments, offsets and flat forms are those of the canonical ABI's specification."""

import unittest

from wit import layout, model
from wit.testing import document

# name, WIT type, size, alignment, flat form
TABLE = [
    ("bool", "bool", 1, 1, "i32"),
    ("u8", "u8", 1, 1, "i32"),
    ("s16", "s16", 2, 2, "i32"),
    ("u32", "u32", 4, 4, "i32"),
    ("s64", "s64", 8, 8, "i64"),
    ("f32", "f32", 4, 4, "f32"),
    ("f64", "f64", 8, 8, "f64"),
    ("char", "char", 4, 4, "i32"),
    ("string", "string", 8, 4, "i32 i32"),
    ("list", "list<u64>", 8, 4, "i32 i32"),
    ("tuple", "tuple<u8, u8, u32>", 8, 4, "i32 i32 i32"),
    ("tuple-tail", "tuple<u64, u8>", 16, 8, "i64 i32"),
    ("option", "option<u8>", 2, 1, "i32 i32"),
    ("option-wide", "option<u64>", 16, 8, "i32 i64"),
    ("nested", "option<option<u8>>", 3, 1, "i32 i32 i32"),
    ("result", "result", 1, 1, "i32"),
    ("result-ok", "result<u16>", 4, 2, "i32 i32"),
    ("result-joined", "result<f32, u64>", 16, 8, "i32 i64"),
    ("result-bits", "result<f32, u32>", 8, 4, "i32 i32"),
    ("result-text", "result<tuple<list<u8>>, string>", 12, 4, "i32 i32 i32"),
    ("record", "rec", 24, 8, "i32 i64 i32 i32"),
    ("enum", "small", 1, 1, "i32"),
    ("flags8", "eight", 1, 1, "i32"),
    ("flags9", "nine", 2, 2, "i32"),
    ("flags17", "seventeen", 4, 4, "i32"),
    ("variant", "choice", 16, 8, "i32 i64 i32"),
    ("plain-variant", "plain", 1, 1, "i32"),
]


def wit() -> str:
    def flags(name, count):
        return f"flags {name} {{ " + ", ".join(f"x{i}" for i in range(count)) + " }\n"
    types = ("record rec { a: u8, b: u64, c: string }\nenum small { a, b }\n"
             "variant choice { a(f64), b(string), c }\nvariant plain { a, b }\n"
             + flags("eight", 8) + flags("nine", 9) + flags("seventeen", 17))
    aliases = "".join(f"type the-{name} = {text};\n" for name, text, *_ in TABLE)
    return f"package test:layout;\ninterface all {{\n{types}{aliases}}}\n"


class LayoutTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        scope, = model.load(document(wit()))
        cls.types = {type_.name: type_ for type_ in scope.types}

    def test_table(self):
        for name, text, size, alignment, flat in TABLE:
            with self.subTest(type=text):
                type_ = self.types["the-" + name]
                self.assertEqual(layout.size(type_), size)
                self.assertEqual(layout.alignment(type_), alignment)
                self.assertEqual(" ".join(layout.flatten(type_)), flat)

    def test_offsets(self):
        self.assertEqual(layout.field_offsets(self.types["rec"]), [0, 8, 16])
        self.assertEqual(layout.payload_offset(self.types["choice"]), 8)
        self.assertEqual(layout.payload_offset(self.types["the-option"].resolved()), 1)

    def test_discriminants_grow_with_the_cases(self):
        self.assertEqual([layout.discriminant_size(n) for n in (1, 256, 257, 65536, 65537)],
                         [1, 1, 2, 2, 4])


if __name__ == "__main__":
    unittest.main()

"""Reading WIT and writing C++ for it; the command line is tools/wit_bindgen.py."""

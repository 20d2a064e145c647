"""The library that Debian's httpd is linked with, asked directly: what it says is right."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Any

OPTIONS = 0x20 | 0x10 | 0x40
"""PCRE2_DOTALL, PCRE2_DOLLAR_ENDONLY, PCRE2_DUPNAMES: what httpd sets."""
CASELESS = 0x8
NO_MATCH = -1
UNSET = ctypes.c_size_t(-1).value

Spans = tuple[tuple[int, int] | None, ...]


def library() -> Any:
    """The library, None on a machine without httpd."""
    try:
        found = ctypes.CDLL("libpcre2-8.so.0")
    except OSError:
        return None
    found.pcre2_compile_8.restype = ctypes.c_void_p
    found.pcre2_compile_8.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint32,
        ctypes.POINTER(ctypes.c_int),
        ctypes.POINTER(ctypes.c_size_t),
        ctypes.c_void_p,
    ]
    found.pcre2_code_free_8.argtypes = [ctypes.c_void_p]
    found.pcre2_match_data_create_8.restype = ctypes.c_void_p
    found.pcre2_match_data_create_8.argtypes = [ctypes.c_uint32, ctypes.c_void_p]
    found.pcre2_match_data_free_8.argtypes = [ctypes.c_void_p]
    found.pcre2_match_8.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_size_t,
        ctypes.c_uint32,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    found.pcre2_get_ovector_pointer_8.restype = ctypes.POINTER(ctypes.c_size_t)
    found.pcre2_get_ovector_pointer_8.argtypes = [ctypes.c_void_p]
    return found


LIBRARY = library()


def spans(pattern: bytes, subject: bytes, any_case: bool = False) -> Spans | int | None:
    """The spans of the groups up to the last that took part, None for no match, a negative number for an error in
    matching; ValueError for what is no pattern."""
    fault, place = ctypes.c_int(), ctypes.c_size_t()
    options = OPTIONS | (CASELESS if any_case else 0)
    code = LIBRARY.pcre2_compile_8(pattern, len(pattern), options, fault, place, None)
    if not code:
        raise ValueError(f"error {fault.value} at {place.value}")
    data = LIBRARY.pcre2_match_data_create_8(20, None)
    count = LIBRARY.pcre2_match_8(code, subject, len(subject), 0, 0, data, None)
    found: Spans | int | None = None
    if count > 0:
        ends = LIBRARY.pcre2_get_ovector_pointer_8(data)
        found = tuple(
            None if ends[2 * group] == UNSET else (ends[2 * group], ends[2 * group + 1]) for group in range(count)
        )
    elif count != NO_MATCH:
        found = count
    LIBRARY.pcre2_match_data_free_8(data)
    LIBRARY.pcre2_code_free_8(code)
    return found

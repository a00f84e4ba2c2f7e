"""The C++ rules of this repository.

A header core/shape.h of //core is included as "weir/core/shape.h", also by its own package.
"""

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-restrict",  # GCC 12 sees overlaps in string concatenation that are not there.
]

def weir_cc_library(name, srcs = [], hdrs = [], copts = [], **kwargs):
    native.cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        copts = _COPTS + copts,
        include_prefix = "weir/" + native.package_name(),
        strip_include_prefix = "/" + native.package_name(),
        **kwargs
    )

def weir_cc_binary(name, copts = [], **kwargs):
    native.cc_binary(
        name = name,
        copts = _COPTS + copts,
        **kwargs
    )

def weir_cc_test(name, srcs = None, deps = [], copts = [], size = "small", **kwargs):
    """A GoogleTest. Without `srcs`, its source is `name`.cc."""
    native.cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        copts = _COPTS + copts,
        size = size,
        deps = deps + ["//third_party/gtest:gtest_main"],
        **kwargs
    )

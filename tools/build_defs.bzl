"""The C++ rules of this repository.

A header core/shape.h of //core is included as "weir/core/shape.h", also by its own package.
"""

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-maybe-uninitialized",  # GCC 12 warns inside moved absl::InlinedVectors.
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

def weir_cc_test(name, srcs = None, deps = [], copts = [], **kwargs):
    """A GoogleTest. Without `srcs`, its source is `name`.cc."""
    native.cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        copts = _COPTS + copts,
        deps = deps + ["//third_party/gtest:gtest_main"],
        **kwargs
    )

def weir_folder(
        name,
        deps = [],
        test_deps = [],
        test_data = {},
        srcs = [],
        exclude = [],
        copts = [],
        **kwargs):
    """A folder of the one-way street: one library of all its sources, one test per *_test.cc.

    A new file needs no edit here. `test_data` has the files that a test reads, by the test's name.
    """
    weir_cc_library(
        name = name,
        srcs = native.glob(["*.cc"], exclude = ["*_test.cc"] + exclude) + srcs,
        hdrs = native.glob(["*.h"], exclude = exclude),
        copts = copts,
        visibility = ["//visibility:public"],
        deps = deps,
        **kwargs
    )
    for test in native.glob(["*_test.cc"], exclude = exclude):
        weir_cc_test(
            name = test[:-3],
            data = test_data.get(test[:-3], []),
            deps = [":" + name] + deps + test_deps,
        )

def _camel(snake):
    return "".join([word.capitalize() for word in snake.split("_")])

def registration_list(name, suffix, argument, extension = ".cc"):
    """Writes `name`.inc: a declaration and a call of Register<File><suffix> for each source.

    The folder is the list: a new op or kernel file is registered by being there. Longer names come
    first, so that of several kernels for an op those of x_library.cu are asked before x.cu's.
    """
    families = sorted([
        _camel(src[:-len(extension)])
        for src in native.glob(
            ["*" + extension],
            exclude = ["*_test.cc", "*_util" + extension, "standard_*.cc"],
        )
    ], reverse = True)
    lines = ["void Register%s%s(%s&);" % (family, suffix, argument) for family in families]
    lines.append("inline void RegisterAll%s([[maybe_unused]] %s& registry) {" % (suffix, argument))
    lines += ["  Register%s%s(registry);" % (family, suffix) for family in families]
    lines.append("}")
    native.genrule(
        name = name,
        outs = [name + ".inc"],
        cmd = "printf '%s\\n' " + " ".join(["'%s'" % line for line in lines]) + " > $@",
    )

"""The rules for CUDA sources."""

load("@cuda//:defs.bzl", "HAS_CUDA", "NVCC")
load("//tools:build_defs.bzl", "weir_cc_library")

# Machine code for these, and PTX for what comes later.
_ARCHITECTURES = [
    "-gencode=arch=compute_80,code=sm_80",
    "-gencode=arch=compute_90,code=[sm_90,compute_90]",
]

_COPTS = [
    "-std=c++20",
    "-O3",
    "--expt-relaxed-constexpr",
    "--compress-mode=size",
    "-Xcompiler=-fPIC,-Wall,-Wno-maybe-uninitialized",
    "-Werror=all-warnings",
    "--diag-suppress=2810",  # An assignment counts as a use of what [[nodiscard]] returns.
]

def _cuda_object_impl(ctx):
    objects = []
    context = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    for src in ctx.files.srcs:
        out = ctx.actions.declare_file(src.basename + ".o")
        args = ctx.actions.args()
        args.add_all(_ARCHITECTURES + _COPTS)
        args.add_all(depset(
            transitive = [context.includes, context.system_includes, context.quote_includes],
        ), before_each = "-I")
        args.add("-c", src)
        args.add("-o", out)
        ctx.actions.run(
            executable = NVCC,
            arguments = [args],
            inputs = depset([src], transitive = [context.headers]),
            outputs = [out],
            mnemonic = "CudaCompile",
            progress_message = "Compiling " + src.short_path,
            env = {"PATH": "/usr/bin:/bin"},
        )
        objects.append(out)
    return [DefaultInfo(files = depset(objects))]

_cuda_object = rule(
    implementation = _cuda_object_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".cu"]),
        "deps": attr.label_list(providers = [CcInfo]),
    },
)

def _emulated(label):
    return label + "_emulated" if ":" in label else label + ":" + label.split("/")[-1] + "_emulated"

def cuda_library(name, srcs = [], hdrs = [], absent_srcs = [], deps = [], cuda_deps = [], **kwargs):
    """A library for the GPU, in two builds.

    `name` is compiled with the toolkit; where there is none, it has `absent_srcs` alone.
    `name`_emulated, for tests, has the same sources on the CPU, over tests/cuda_emulation.

    Args:
      name: the library's name.
      srcs: .cc and .cu files.
      hdrs: the headers.
      absent_srcs: .cc files that say that there is no CUDA.
      deps: other libraries.
      cuda_deps: libraries that this macro made, too.
      **kwargs: of both libraries.
    """
    cu_srcs = [src for src in srcs if src.endswith(".cu")]
    cc_srcs = [src for src in srcs if not src.endswith(".cu")]
    if HAS_CUDA:
        weir_cc_library(
            name = name + "_headers",
            hdrs = hdrs,
            deps = deps + cuda_deps + ["@cuda//:runtime"],
        )
        _cuda_object(
            name = name + "_objects",
            srcs = cu_srcs,
            deps = [":" + name + "_headers"],
        )
        weir_cc_library(
            name = name,
            srcs = cc_srcs + ([":" + name + "_objects"] if cu_srcs else []),
            deps = [":" + name + "_headers"],
            visibility = ["//visibility:public"],
            **kwargs
        )
    else:
        weir_cc_library(
            name = name,
            srcs = absent_srcs,
            deps = deps,
            visibility = ["//visibility:public"],
            **kwargs
        )
    stubs = []
    for src in cu_srcs:
        native.genrule(
            name = src + "_stub",
            outs = [src[:-3] + "_emulated.cc"],
            cmd = "echo '#include \"%s/%s\"' > $@" % (native.package_name(), src),
        )
        stubs.append(":" + src[:-3] + "_emulated.cc")
    weir_cc_library(
        name = name + "_emulated",
        testonly = True,
        srcs = cc_srcs + stubs,
        hdrs = hdrs,
        textual_hdrs = cu_srcs,
        deps = deps + [_emulated(dep) for dep in cuda_deps] + ["//tests/cuda_emulation"],
        visibility = ["//visibility:public"],
        **kwargs
    )

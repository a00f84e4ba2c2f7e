"""The CUDA toolkit, where there is one: the repository @cuda, and the rule that compiles .cu files.

The toolkit is at $CUDA_HOME, or else /usr/local/cuda, with the headers of cuDNN among its own. Without
them HAS_CUDA is False, and targets for the GPU are empty.
"""

_BUILD = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "runtime",
    hdrs = glob(["include/**"]),
    includes = ["include"],
    linkopts = [{linkopts}],
)
"""

def _cuda_repository_impl(ctx):
    home = ctx.os.environ.get("CUDA_HOME", "/usr/local/cuda")
    nvcc = ctx.path(home + "/bin/nvcc")
    found = nvcc.exists and ctx.path(home + "/include/cudnn.h").exists
    linkopts = ""
    if found:
        ctx.symlink(home + "/include", "include")
        # Linked statically: a program starts without CUDA, and looks for the driver when asked to.
        linkopts = '"-L{}/lib64", "-lcudart_static", "-ldl", "-lrt", "-lpthread"'.format(home)
    ctx.file("BUILD", _BUILD.format(linkopts = linkopts))
    ctx.file("defs.bzl", "NVCC = {}\nHAS_CUDA = {}\n".format(repr(str(nvcc)), found))

cuda_repository = repository_rule(
    implementation = _cuda_repository_impl,
    environ = ["CUDA_HOME"],
    local = True,
)

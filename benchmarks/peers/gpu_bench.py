#!/usr/bin/env python3
"""Times PyTorch and JAX on the suite's cases for GPUs: a JSON line per peer and case.

gpu_bench.py [--small] [--tf32] [--cpu] [case prefix ...]

Inputs stay on the device, and each step is waited for, as in Weir's gpu_cases.cc. A peer that is
not there, or sees no GPU, is told in a line on standard error.
"""

import argparse
import importlib
import json
import sys
import time
from dataclasses import dataclass

PEERS = {"torch": "torch_cases", "jax": "jax_cases"}


@dataclass(frozen=True)
class Sizes:
    """Those of gpu_cases.cc."""

    mlp_batch: int = 128
    deepnn_batch: int = 50
    infer_batch: int = 1
    train_batch: int = 256
    pixels: int = 224
    channels: int = 64
    blocks: tuple = (3, 4, 6, 3)
    chain_elements: int = 64 << 20
    adam_tensors: int = 300
    adam_elements: int = 333_333
    mlp: tuple = (784, 512, 256, 10)


SMALL = Sizes(mlp_batch=2, deepnn_batch=1, infer_batch=2, train_batch=2, pixels=32, channels=4,
              blocks=(1, 2), chain_elements=4096, adam_tensors=3, adam_elements=1001)


class Suite:
    """Which cases run, and how they are timed."""

    def __init__(self, args):
        self.sizes = SMALL if args.small else Sizes()
        self.on_gpu = not args.cpu
        self.tf32 = args.tf32
        self.device = ""  # The hardware's name, which the peer tells.
        self._seconds = 0 if args.small else args.seconds
        self._prefixes = args.cases

    def run(self, peer, case, make_step):
        """Times what make_step() returns: a function whose work is done when it returns."""
        if self._prefixes and not any(case.startswith(prefix) for prefix in self._prefixes):
            return
        try:
            times = self._measure(make_step())
        except Exception as error:  # Of the peer's own kinds; the other cases go on.
            tell(f"{peer}: {case}: {(str(error).splitlines() or [repr(error)])[0][:200]}")
            return
        print(json.dumps(dict(peer=peer, case=case, device=self.device, **times)), flush=True)

    def _measure(self, step):
        for _ in range(5):
            step()
        times = []
        end = time.perf_counter() + self._seconds
        while time.perf_counter() < end or len(times) < 5:
            begin = time.perf_counter()
            step()
            times.append((time.perf_counter() - begin) * 1e6)
        times.sort()
        return {"min_us": round(times[0], 3), "med_us": round(times[len(times) // 2], 3),
                "p99_us": round(times[int(len(times) * .99)], 3)}


def tell(words):
    print(f"gpu_bench.py: {words}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="small sizes and few calls")
    parser.add_argument("--tf32", action="store_true", help="float32 products may round to TF32")
    parser.add_argument("--cpu", action="store_true", help="without a GPU, to try the script")
    parser.add_argument("--seconds", type=float, default=2, help="for which each case is called")
    parser.add_argument("cases", nargs="*")
    suite = Suite(parser.parse_args())
    for peer, module in PEERS.items():
        try:
            cases = importlib.import_module(module)
        except ImportError as error:
            tell(f"{peer}: {error}")
            continue
        missing = cases.start(suite)
        if missing:
            tell(f"{peer}: {missing}")
        else:
            cases.run(suite)


if __name__ == "__main__":
    main()

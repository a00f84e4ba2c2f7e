"""PyTorch's side of gpu_bench.py: eager, compiled, and compiled within a CUDA graph."""

import torch
from torch import nn
from torch.nn import functional as F

DEVICE = "cpu"


def start(suite):
    """Chooses the device; why there is none, or None."""
    global DEVICE
    if suite.on_gpu:
        if not torch.cuda.is_available():
            return "sees no GPU"
        DEVICE = "cuda"
    suite.device = torch.cuda.get_device_name() if suite.on_gpu else "cpu"
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = suite.tf32
    torch.backends.cudnn.allow_tf32 = suite.tf32
    torch.backends.cudnn.benchmark = True
    return None


def run(suite):
    s = suite.sizes
    cases = {
        "step_latency_gpu_mlp_b128_sgd": lambda compiled: mlp_step(s, compiled),
        "step_latency_gpu_deepnn_b50_adam": lambda compiled: deepnn_step(s, compiled),
        "step_latency_gpu_resnet50_b1": lambda compiled: resnet_infer_step(s, compiled),
        "resnet50_train_gpu_b256_bf16": lambda compiled: resnet_train_step(s, compiled),
        "pointwise_opt_gpu_chain": lambda compiled: chain_step(s, compiled),
        "pointwise_opt_gpu_adam": lambda compiled: adam_step(s),
    }
    for case, make in cases.items():
        suite.run("torch_eager", case, lambda: waited(make(lambda f: f)))
        suite.run("torch_compile", case, lambda: waited(make(torch.compile)))
        if suite.on_gpu:
            suite.run("torch_cuda_graph", case, lambda: waited(recorded(make(torch.compile))))


def waited(step):
    if DEVICE == "cpu":
        return step

    def step_and_wait():
        step()
        torch.cuda.synchronize()
    return step_and_wait


def recorded(step):
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(5):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def adam(parameters, rate):
    on_gpu = DEVICE == "cuda"
    return torch.optim.Adam(parameters, rate, fused=True, capturable=on_gpu)


def train_step(net, compiled, optimizer, x, labels, dtype=torch.float32):
    forward = compiled(net)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE, dtype, enabled=dtype != torch.float32):
            logits = forward(x)
        F.cross_entropy(logits.float(), labels).backward()
        optimizer.step()
    return step


def images(*shape):
    return torch.rand(*shape, device=DEVICE).to(memory_format=torch.channels_last)


def classes(batch, n):
    return torch.randint(0, n, (batch,), device=DEVICE)


def on_device(net):
    return net.to(DEVICE).to(memory_format=torch.channels_last)


def mlp_step(s, compiled):
    pairs = list(zip(s.mlp, s.mlp[1:]))
    net = on_device(nn.Sequential(*sum([[nn.Linear(a, b), nn.ReLU()] for a, b in pairs], [])[:-1]))
    x = torch.rand(s.mlp_batch, s.mlp[0], device=DEVICE)
    sgd = torch.optim.SGD(net.parameters(), 1e-3, fused=True)
    return train_step(net, compiled, sgd, x, classes(s.mlp_batch, s.mlp[-1]))


class Deepnn(nn.Module):
    """The network of Weir's examples/mnist_deep."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 5, padding=2), nn.Conv2d(32, 64, 5, padding=2)
        self.fc1, self.fc2 = nn.Linear(3136, 1024), nn.Linear(1024, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.dropout(F.relu(self.fc1(x.flatten(1))), .5))


def deepnn_step(s, compiled):
    net = on_device(Deepnn())
    x = images(s.deepnn_batch, 1, 28, 28)
    return train_step(net, compiled, adam(net.parameters(), 1e-4), x, classes(s.deepnn_batch, 10))


def convolution(inputs, outputs, size, stride):
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
                         nn.BatchNorm2d(outputs))


class Block(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.narrow = convolution(inputs, channels, 1, 1)
        self.spatial = convolution(channels, channels, 3, stride)
        self.wide = convolution(channels, 4 * channels, 1, 1)
        same = stride == 1 and inputs == 4 * channels
        self.past = nn.Identity() if same else convolution(inputs, 4 * channels, 1, stride)

    def forward(self, x):
        y = F.relu(self.spatial(F.relu(self.narrow(x))))
        return F.relu(self.wide(y) + self.past(x))


def resnet(s):
    layers = [convolution(3, s.channels, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = s.channels
    for stage, blocks in enumerate(s.blocks):
        for block in range(blocks):
            channels = s.channels << stage
            layers.append(Block(inputs, channels, 2 if stage > 0 and block == 0 else 1))
            inputs = 4 * channels
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 1000)]
    return on_device(nn.Sequential(*layers))


def resnet_infer_step(s, compiled):
    net = resnet(s).eval()
    forward, x = compiled(net), images(s.infer_batch, 3, s.pixels, s.pixels)

    def step():
        with torch.no_grad():
            return forward(x)
    return step


def resnet_train_step(s, compiled):
    net = resnet(s)
    sgd = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, fused=True)
    x = images(s.train_batch, 3, s.pixels, s.pixels)
    return train_step(net, compiled, sgd, x, classes(s.train_batch, 1000), torch.bfloat16)


def chain(x):
    y = F.relu(x * 1.5 + 0.5) * x
    y = torch.tanh(y - 0.25) * 0.5 + x
    return torch.clamp_max(torch.clamp_min(y, -0.75), 0.75)


def chain_step(s, compiled):
    x, forward = torch.rand(s.chain_elements, device=DEVICE) * 2 - 1, compiled(chain)
    return lambda: forward(x)


def adam_step(s):
    parameters = [torch.randn(s.adam_elements, device=DEVICE) for _ in range(s.adam_tensors)]
    for p in parameters:
        p.grad = torch.randn_like(p) * 0.01
    return adam(parameters, 1e-3).step

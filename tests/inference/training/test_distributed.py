"""Several processes."""

import os
import socket
import subprocess
import sys

MEMBER = """
import sys, torch
from torch import nn
from inference.training.distributed import Processes
processes = Processes()
model = nn.Linear(2, 1, bias=False)
model.weight.grad = torch.full((1, 2), float(processes.rank))
processes.average_gradients(model)
assert model.weight.grad.tolist() == [[0.5, 0.5]], model.weight.grad
assert processes.agree(float(processes.rank), processes.rank == 1) == (0.5, True)
processes.wait()
processes.leave()
"""


def test_two_processes_average_their_gradients() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    processes = [subprocess.Popen([sys.executable, "-c", MEMBER], env=shared | {"RANK": str(r)}) for r in range(2)]
    assert [member.wait(timeout=100) for member in processes] == [0, 0]

"""Several processes."""

import os
import socket
import subprocess
import sys

MEMBER = """
import sys, torch
from torch import nn
from inference.training.distributed import Processes
team = Processes()
model = nn.Linear(2, 1, bias=False)
model.weight.grad = torch.full((1, 2), float(team.rank))
team.average_gradients(model)
assert model.weight.grad.tolist() == [[0.5, 0.5]], model.weight.grad
assert team.agree(float(team.rank), team.rank == 1) == (0.5, True)
team.wait()
team.leave()
"""


def test_two_processes_average_their_gradients() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    team = [subprocess.Popen([sys.executable, "-c", MEMBER], env=shared | {"RANK": str(r)}) for r in range(2)]
    assert [member.wait(timeout=100) for member in team] == [0, 0]

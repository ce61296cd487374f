"""Batch normalisation over processes, against one process that sees the whole batch."""

import copy
import os
import subprocess
import sys
from pathlib import Path

import pytest
import segmentation_models_pytorch as smp
import torch
import torch.distributed as dist
from torch import nn

from bddseg_tui.train.sync_batchnorm import CpuSyncBatchNorm, to_sync_batchnorm

CPU = torch.device("cpu")
ENCODERS = ["resnet18", "tu-tf_efficientnet_lite0"]


def small_unet(encoder: str) -> nn.Module:
    torch.manual_seed(0)
    model: nn.Module = smp.Unet(encoder, encoder_weights=None, classes=20)
    return model.double().train()


def one_step(model: nn.Module, images: torch.Tensor) -> None:
    (model(images).square().mean()).backward()


def a_process(rank: int, folder: Path, encoder: str) -> None:
    torch.set_num_threads(1)
    images = torch.load(folder / "images.pt")
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    bare = to_sync_batchnorm(small_unet(encoder), CPU)
    one_step(nn.parallel.DistributedDataParallel(bare), images[rank::2])
    gradients = {name: p.grad for name, p in bare.named_parameters() if p.grad is not None}
    torch.save((gradients, bare.state_dict()), folder / f"{rank}.pt")
    dist.destroy_process_group()


def test_gradients_and_statistics_are_those_of_the_whole_batch(tmp_path: Path) -> None:
    encoder = "tu-tf_efficientnet_lite0"
    images = torch.randn(4, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    whole = small_unet(encoder)
    one_step(whole, images)
    torch.save(images, tmp_path / "images.pt")
    words = [os.fspath(tmp_path), encoder]
    processes = [subprocess.Popen([sys.executable, __file__, str(rank), *words]) for rank in range(2)]
    assert [p.wait(timeout=240) for p in processes] == [0, 0]
    for rank in range(2):
        gradients, state = torch.load(tmp_path / f"{rank}.pt")
        for name, parameter in whole.named_parameters():
            if parameter.grad is not None:
                torch.testing.assert_close(gradients[name], parameter.grad, rtol=1e-7, atol=1e-10, msg=name)
        for name, value in whole.state_dict().items():
            torch.testing.assert_close(state[name], value, rtol=1e-7, atol=1e-10, msg=name)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_converted_model_predicts_the_same_and_keeps_its_names(encoder: str) -> None:
    plain = small_unet(encoder).eval()
    converted = to_sync_batchnorm(copy.deepcopy(plain), CPU)
    assert any(isinstance(m, CpuSyncBatchNorm) for m in converted.modules())
    assert list(converted.state_dict()) == list(plain.state_dict())
    images = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(converted.eval()(images), plain(images), rtol=0, atol=0)


if __name__ == "__main__":
    a_process(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

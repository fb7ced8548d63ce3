"""The trunk has the published names, shapes and size; weights load by name or say why not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from veduta.landmarks.wide_resnet import WideResNet, WrongWeights, load_weights


@pytest.fixture
def small() -> WideResNet:
    torch.manual_seed(0)
    return WideResNet(planes=4)


def test_names_shapes_and_size_are_torchvisions() -> None:
    with torch.device("meta"):
        network = WideResNet()
    tensors = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert tensors["conv1.weight"] == (64, 3, 7, 7)
    assert tensors["layer1.0.conv2.weight"] == (128, 128, 3, 3)
    assert tensors["layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert tensors["layer3.5.bn2.running_var"] == (512,)
    assert tensors["layer4.2.conv3.weight"] == (2048, 1024, 1, 1)
    assert sum(p.numel() for p in network.parameters()) == 68_883_240 - 2048 * 1000 - 1000


def test_strides_are_in_the_middle_convolution(small: WideResNet) -> None:
    assert small.layer2[0].conv1.stride == (1, 1)
    assert small.layer2[0].conv2.stride == (2, 2)
    assert small(torch.zeros(2, 3, 64, 96)).shape == (2, 128)


def test_weights_load_by_name_and_the_classifier_is_left(small: WideResNet, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    state = {f"module.{name}": tensor for name, tensor in small.state_dict().items()}
    torch.save({"state_dict": {**state, "module.fc.weight": torch.zeros(10, 128)}}, path)
    other = WideResNet(planes=4)
    assert load_weights(other, path) == ["fc.weight"]
    pixels = torch.randn(1, 3, 32, 32)
    assert torch.equal(small.eval()(pixels), other.eval()(pixels))


def test_another_network_is_told_by_name_and_shape(small: WideResNet, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(WideResNet(planes=8).state_dict(), path)
    with pytest.raises(
        WrongWeights, match=r"weights\.pth: conv1\.weight has shape \(8, 3, 7, 7\).*\(4, 3, 7, 7\)"
    ):
        load_weights(small, path)
    torch.save({"conv1.weight": torch.zeros(4, 3, 7, 7)}, path)
    with pytest.raises(WrongWeights, match=r"tensors are missing, the first bn1\.weight"):
        load_weights(small, path)

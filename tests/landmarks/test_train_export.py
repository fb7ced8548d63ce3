"""What leaves a training gives the numbers that the training had, without PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
import torch
from torch.nn import functional

from veduta.landmarks.train_export import linear_head, save_head, save_onnx
from veduta.landmarks.train_network import LandmarkNetwork, Standardize
from veduta.landmarks.wide_resnet import WideResNet


def disturbed(network: LandmarkNetwork) -> LandmarkNetwork:
    """The network as if trained: no weight is where it began."""
    torch.manual_seed(1)
    with torch.no_grad():
        for tensor in (*network.embedding.parameters(), network.embedding[1].running_mean):
            tensor.add_(torch.randn_like(tensor) * 0.3)
        network.embedding[1].running_var.copy_(torch.rand(len(network.embedding[1].running_var)) + 0.5)
    return network.eval()


def test_a_head_is_the_network_with_normalization_folded_in(tmp_path: Path) -> None:
    trunk = Standardize(torch.randn(30), torch.randn(30, 10))
    network = disturbed(LandmarkNetwork(trunk, 10, [4, 4, 4]))
    features = torch.randn(7, 30)
    with torch.no_grad():
        wanted = network(features).numpy()
    head = linear_head(network)
    assert np.allclose((features.numpy() - head["mean"]) @ head["matrix"], wanted, atol=2e-4)

    with np.load(save_head(network, tmp_path / "head.npz", recipe="r1")) as saved:
        assert set(saved) == {"mean", "matrix", "recipe"}
        assert saved["matrix"].dtype == np.float32 and str(saved["recipe"]) == "r1"


def test_an_onnx_network_runs_in_the_engine(tmp_path: Path) -> None:
    network = disturbed(LandmarkNetwork(WideResNet(planes=4), 6, [4, 4]))
    pixels = torch.randn(3, 3, 64, 64)
    path = save_onnx(network, tmp_path / "embedder.onnx", pixels[:1])
    with torch.no_grad():
        wanted = functional.normalize(network(pixels), dim=1).numpy()
    found = ov.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(pixels.numpy())[0]
    assert np.allclose(found, wanted, atol=1e-4)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_a_network_that_is_not_linear_is_no_head() -> None:
    with pytest.raises(TypeError, match="ONNX"):
        linear_head(LandmarkNetwork(WideResNet(planes=2), 6, [4, 4]))
